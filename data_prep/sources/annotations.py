"""An annotated person, the form into which every source is read."""

import collections
import dataclasses
import pathlib

import numpy as np
from absl import logging

from deeppose_tf.geometry.skeletons import Skeleton


# Slots: all people of a source are in memory at once.
@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Annotation:
    """One annotated person of a source.

    Attributes:
        image_path: of the picture.
        image_id: unique; persons of one picture share it.
        person_id: unique.
        joints: float32 [joints, 2] in continuous pixels, see geometry/boxes.py:
            the first pixel's center is (0.5, 0.5). 0 where unlabeled.
        labeled: bool [joints].
        visible: bool [joints].
        official: "train" or "test" where the source assigns a split, else None.
        box: float32 [4], the box of the source, continuous pixels; or None.
        image_size: (width, height) according to the source, or None.
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


class Skips(collections.Counter):
    """By reason, the number of persons that were left out."""

    def add(self, reason: str, who: object):
        """Counts a person; the log names the first one of each reason."""
        if not self[reason]:
            logging.warning("%s: left out: %s", who, reason)
        self[reason] += 1


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
    """The people of a source.

    Attributes:
        people: the annotated persons, in order.
        skipped: by reason, the number of persons that were left out.
        skeleton: of the joints, where the source itself says so.
    """

    people: list[Annotation]
    skipped: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )
    skeleton: Skeleton | None = None


def pixels(
    points: np.ndarray, labeled: np.ndarray, first_center: float
) -> tuple[np.ndarray, np.ndarray]:
    """Annotated points in continuous pixels.

    Args:
        points: float [joints, 2] as annotated.
        labeled: bool [joints].
        first_center: the source's coordinate of the center of the first pixel:
            1 in MATLAB, 0 in NumPy.

    Returns:
        float32 [joints, 2], 0 where unlabeled, and labeled as bool [joints],
        False also where a point is NaN, which is how sources say so.
    """
    labeled = labeled & ~np.isnan(points).any(axis=1)
    moved = points - first_center + 0.5
    joints = np.where(labeled[:, None], moved, 0.0)
    # What float32 cannot hold is infinite then; encoding.py leaves it out.
    with np.errstate(over="ignore"):
        return joints.astype(np.float32), labeled
