"""What every model must beat: the same pose for everybody."""

import numpy as np
import tensorflow as tf

from deeppose_tf.data import parsing
from deeppose_tf.data.dataset import Dataset


def mean_pose(data: Dataset) -> np.ndarray:
    """Mean of the labeled training joints, float32 [joints, 2], box units."""
    total, count = 0.0, 0
    files = list(data.split("train").files)
    for batch in tf.data.TFRecordDataset(files).batch(256).prefetch(2):
        joints, labeled = parsing.decode_joints(
            batch, len(data.skeleton.joints)
        )
        weight = labeled.numpy()[..., None]
        total += (joints.numpy() * weight).sum(axis=0)
        count += weight.sum(axis=0)
    return (total / np.maximum(count, 1)).astype(np.float32)
