"""An annotated person, as every source is read."""

import collections
import dataclasses
import pathlib

import numpy as np


# Slots: all people of a source are in memory at once.
@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Annotation:
    """One annotated person of a source.

    Attributes:
        image_path: of the picture.
        image_id: unique; persons of one picture share it.
        person_id: unique.
        joints: float32 [joints, 2] in continuous pixels, see boxes.py: the
            first pixel's center is (0.5, 0.5). 0 where unlabeled.
        labeled: bool [joints].
        visible: bool [joints].
        official: "train" or "test" where the source says so, else None.
        box: float32 [4], the source's own box, continuous pixels; or None.
        image_size: (width, height) that the source claims, or None.
        head_size: in pixels, 0 where unknown.
        area: of the segment in square pixels, 0 where unknown.
    """

    image_path: pathlib.Path
    image_id: str
    person_id: str
    joints: np.ndarray
    labeled: np.ndarray
    visible: np.ndarray
    official: str | None = None
    box: np.ndarray | None = None
    image_size: tuple[int, int] | None = None
    head_size: float = 0.0
    area: float = 0.0


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
    """What was read.

    Attributes:
        people: the annotated persons, in order.
        skipped: by reason, how many the source itself rules out.
    """

    people: list[Annotation]
    skipped: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )


def pixels(
    points: np.ndarray, labeled: np.ndarray, first_center: float
) -> tuple[np.ndarray, np.ndarray]:
    """Annotated points in continuous pixels.

    Args:
        points: float [joints, 2] as annotated.
        labeled: bool [joints].
        first_center: the coordinate that the source gives to the center of the
            first pixel: 1 counts as MATLAB does, 0 as NumPy does.

    Returns:
        float32 [joints, 2], 0 where unlabeled, and bool [joints]: points that
        are no numbers are not labeled.
    """
    labeled = labeled & np.isfinite(points).all(axis=1)
    moved = points - first_center + 0.5
    joints = np.where(labeled[:, None], moved, 0.0)
    return joints.astype(np.float32), labeled
