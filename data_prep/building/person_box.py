"""The rule for a person's first box, b0."""

import dataclasses

import numpy as np

from deeppose_tf.geometry import boxes

_LEAST_SIDE = 1.0  # Pixels; persons with a smaller box are left out.
# Longer sides of the picture; people are seldom larger than it.
_MOST_PICTURES = 20.0


@dataclasses.dataclass(frozen=True)
class Rule:
    """A rule for b0.

    Attributes:
        kind: "image" for the whole image (DeepPose, sec. 4.1, LSP), "joints"
            for the box that encloses the labeled joints, "annotated" for the
            box of the source.
        scale: factor of the box's sides.
        square: whether the shorter side grows to the longer one.
    """

    kind: str
    scale: float
    square: bool

    def to_json(self) -> dict:
        """For dataset.json."""
        return dataclasses.asdict(self)

    def boxes(
        self,
        joints: np.ndarray,
        labeled: np.ndarray,
        sizes: np.ndarray,
        annotated: np.ndarray,
    ) -> tuple[np.ndarray, list[str | None]]:
        """The boxes of many persons.

        Args:
            joints: float32 [n, joints, 2], pixels.
            labeled: bool [n, joints].
            sizes: float32 [n, 2], width and height of their images.
            annotated: float32 [n, 4], the boxes of the source, pixels; NaN
                where it has none.

        Returns:
            float32 [n, 4], and for each None, or the reason why it cannot be
            used.
        """
        unknown = np.zeros(len(joints), bool)
        if self.kind == "image":
            box = np.concatenate([sizes / 2, sizes], axis=1)
        elif self.kind == "joints":
            box = boxes.enclosing(joints, labeled)
        else:
            unknown = np.isnan(annotated).any(axis=1)
            box = annotated
        with np.errstate(over="ignore"):  # It is infinite then; see below.
            box = boxes.scaled(box, self.scale, self.square)
        faults = {
            "no labeled joint": ~labeled.any(axis=1),
            "no annotated box": unknown,
            "box not finite": ~(np.abs(box) <= boxes.LARGEST).all(axis=1),
            "box far larger than the picture": (
                box[:, 2:].max(axis=1)
                > _MOST_PICTURES * max(self.scale, 1.0) * sizes.max(axis=1)
            ),
            "box of no size": box[:, 2:].min(axis=1) <= _LEAST_SIDE,
        }
        reasons = np.select(list(faults.values()), list(faults), None)
        return box, reasons.tolist()


def enclosing_scale(people: list, square: bool) -> float:
    """The factor at which annotated boxes enclose every labeled joint.

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
        if not sides.min() > _LEAST_SIDE:  # The person is left out.
            continue
        reach = np.abs(person.joints[person.labeled] - person.box[:2])
        needed.append(float((2 * reach / sides).max()))
    return float(np.ceil(100 * max(needed)) / 100)
