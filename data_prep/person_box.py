"""How a person's first box b0 is chosen."""

import dataclasses

import numpy as np

from deeppose_tf import boxes


class NoBox(ValueError):
    """The person has no usable box; the message is the reason."""


@dataclasses.dataclass(frozen=True)
class Rule:
    """A rule for b0.

    Attributes:
        kind: "image" for the whole image (DeepPose, sec. 4.1, LSP), "joints"
            for the box that encloses the labeled joints, "annotated" for the
            source's own.
        scale: factor of the box's sides.
        square: whether the shorter side grows to the longer one.
    """

    kind: str
    scale: float
    square: bool

    def to_json(self) -> dict:
        """For dataset.json."""
        return dataclasses.asdict(self)

    def box(
        self,
        joints: np.ndarray,
        labeled: np.ndarray,
        height: int,
        width: int,
        annotated: np.ndarray | None = None,
    ) -> np.ndarray:
        """The box of one person, float32 [4].

        Args:
            joints: float32 [joints, 2], pixels.
            labeled: bool [joints].
            height: of the image.
            width: of the image.
            annotated: float32 [4], the source's own box, pixels.

        Raises:
            NoBox: nothing is labeled, or the box has no size.
        """
        if not labeled.any():
            raise NoBox("no labeled joint")
        if self.kind == "image":
            box = boxes.whole(height, width)
        elif self.kind == "joints":
            box = boxes.enclosing(joints, labeled)
        elif annotated is None or not np.isfinite(annotated).all():
            raise NoBox("no annotated box")
        else:
            box = np.asarray(annotated, np.float32)
        box = boxes.scaled(box, self.scale, self.square)
        if box[2:].min() <= 1.0:
            raise NoBox("box of no size")
        return box


def scale_that_holds(people: list, square: bool) -> float:
    """The factor of annotated boxes that holds every labeled joint.

    Args:
        people: annotations with boxes, of training people.
        square: whether the boxes are made square first.

    Returns:
        At least 1, rounded up to hundredths.
    """
    needed = [1.0]
    for person in people:
        if person.box is None or not person.labeled.any():
            continue
        sides = boxes.scaled(person.box, 1.0, square)[2:]
        reach = np.abs(person.joints[person.labeled] - person.box[:2])
        needed.append(float((2 * reach / sides).max()))
    return float(np.ceil(100 * max(needed)) / 100)
