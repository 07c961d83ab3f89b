"""Regression losses over labeled joints.

The paper sums the squared distance over examples and labeled joints (DeepPose,
sec. 3.1); here examples are averaged, so the batch size does not matter.
"""

import tensorflow as tf


def l2(joints: tf.Tensor, truth: tf.Tensor, labeled: tf.Tensor) -> tf.Tensor:
    """Squared distance, summed over labeled joints: the paper's loss.

    Args:
        joints: float32 [batch, joints, 2], predictions in box units.
        truth: float32 [batch, joints, 2], box units.
        labeled: bool [batch, joints].

    Returns:
        float32 [batch]; 0 for an example with nothing labeled.
    """
    return _masked_sum(tf.square(joints - truth), labeled)


def l1(joints: tf.Tensor, truth: tf.Tensor, labeled: tf.Tensor) -> tf.Tensor:
    """Absolute difference of the coordinates; otherwise like `l2`."""
    return _masked_sum(tf.abs(joints - truth), labeled)


def _masked_sum(error, labeled):
    error = tf.reduce_sum(error, axis=-1)
    return tf.reduce_sum(tf.where(labeled, error, 0.0), axis=-1)


LOSSES = {"l1": l1, "l2": l2}
