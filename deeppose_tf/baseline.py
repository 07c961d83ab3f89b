"""What every model must beat: the same pose for everybody."""

import numpy as np

from deeppose_tf import persons
from deeppose_tf.dataset import Dataset


def mean_pose(data: Dataset) -> np.ndarray:
    """Mean of the labeled training joints, float32 [joints, 2], box units."""
    total, count = 0.0, 0
    for person in persons.undecoded(data, "train").batch(1024):
        weight = person["labeled"].numpy()[..., None]
        total += (person["joints"].numpy() * weight).sum(axis=0)
        count += weight.sum(axis=0)
    return (total / np.maximum(count, 1)).astype(np.float32)
