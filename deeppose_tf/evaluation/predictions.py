"""Predicted joints beside the true ones: what every metric is measured on."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Predictions:
    """Predicted and true joints of people, in pixels of the stored picture.

    Attributes:
        joints: float [people, joints, 2], predicted.
        truth: float [people, joints, 2], meaningless where unlabeled.
        labeled: bool [people, joints].
    """

    joints: np.ndarray
    truth: np.ndarray
    labeled: np.ndarray

    def distances(self) -> np.ndarray:
        """Distance of each joint to the truth, float [people, joints]."""
        return np.linalg.norm(self.joints - self.truth, axis=-1)

    def rows(self, indices) -> "Predictions":
        """Predictions for some of the people, by their rows."""
        return Predictions(
            self.joints[indices], self.truth[indices], self.labeled[indices]
        )


def concatenated(batches: list[dict]) -> dict[str, np.ndarray]:
    """The columns of all batches, by name, each as one array."""
    return {
        name: np.concatenate([batch[name] for batch in batches])
        for name in batches[0]
    }
