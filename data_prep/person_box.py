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
        kind: "image" for the whole image (DeepPose, sec. 4.1, LSP) or "joints"
            for the box that encloses the labeled joints.
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
        self, joints: np.ndarray, labeled: np.ndarray, height: int, width: int
    ) -> np.ndarray:
        """The box of one person, float32 [4].

        Args:
            joints: float32 [joints, 2], pixels.
            labeled: bool [joints].
            height: of the image.
            width: of the image.

        Raises:
            NoBox: nothing is labeled, or all joints are one point.
        """
        if not labeled.any():
            raise NoBox("no labeled joint")
        if self.kind == "image":
            box = boxes.whole(height, width)
        else:
            box = boxes.enclosing(joints, labeled)
        box = boxes.scaled(box, self.scale, self.square)
        if box[2:].min() <= 1.0:
            raise NoBox("box of no size")
        return box
