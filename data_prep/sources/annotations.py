"""An annotated person, the form into which every source is read."""

import collections
import dataclasses
import pathlib
from collections.abc import Iterable
from collections.abc import Sequence

import numpy as np
from absl import logging

from deeppose_tf import errors
from deeppose_tf.geometry.skeletons import Skeleton


# Slots: of most sources all people are in memory at once.
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
        people: the annotated persons, in order; of a large file a sequence
            that reads each when it is wanted.
        skipped: by reason, the number of persons that were left out.
        skeleton: of the joints, where the source itself says so.
        unique: whether the source has made sure that no two share an id.
    """

    people: Sequence[Annotation]
    skipped: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )
    skeleton: Skeleton | None = None
    unique: bool = False


def check_ids(people: Iterable[Annotation]):
    """Raises InputError where two sources share ids, by their folder's name."""
    paths = {}
    for person in people:
        first = paths.setdefault(person.person_id, person.image_path)
        if first is not person.image_path:
            raise errors.InputError(
                f"--source: {first} and {person.image_path} would share the id "
                f"{person.person_id}; give each folder once, and its own name"
            )


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
