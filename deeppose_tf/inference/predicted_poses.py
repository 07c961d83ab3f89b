"""Poses that a cascade predicts for the people of a picture."""

import dataclasses
from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np

from deeppose_tf.serving import interface


@dataclasses.dataclass(frozen=True, eq=False)
class Poses:
    """A cascade's predictions for the people of one picture.

    Attributes:
        box: float [people, 4], the input, pixels; w or h of 0: the whole image.
        joints: float [people, joints, 2], pixels.
        scores: float [people, joints].
        score: float [people], the people's own; without, it is `mean_score`, as
            of exports of earlier versions.
    """

    box: np.ndarray
    joints: np.ndarray
    scores: np.ndarray
    score: np.ndarray | None = None

    def __post_init__(self):
        """Fills in the people's scores."""
        if self.score is None:
            object.__setattr__(self, "score", self.mean_score)

    def __getitem__(self, which: np.ndarray) -> "Poses":
        """Those of some people, by indices or bool [people]."""
        return Poses(
            self.box[which],
            self.joints[which],
            self.scores[which],
            self.score[which],
        )

    @property
    def mean_score(self) -> np.ndarray:
        """The means of `scores`, float [people]: how good the poses are."""
        # Nobody's scores have no joints; their mean would warn.
        return self.scores.sum(axis=1) / max(1, self.scores.shape[1])


def of_outputs(box: np.ndarray, outputs: Mapping[str, np.ndarray]) -> Poses:
    """The poses that a cascade has answered for people in boxes.

    Args:
        box: float32 [people, 4], pixels.
        outputs: of a signature, by name.
    """
    return Poses(
        box,
        outputs[interface.JOINTS],
        outputs[interface.SCORES],
        outputs.get(interface.PERSON_SCORES),
    )


def joined(parts: Sequence[Poses], num_joints: int) -> Poses:
    """The people of all parts; of none, where there are none."""
    if not parts:
        return Poses(
            np.zeros((0, 4), np.float32),
            np.zeros((0, num_joints, 2)),
            np.zeros((0, num_joints)),
        )
    names = [field.name for field in dataclasses.fields(Poses)]
    return Poses(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in names
        )
    )
