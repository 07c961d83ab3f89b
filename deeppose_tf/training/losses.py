"""Regression losses over labeled joints, by name.

The paper sums the squared distance over examples and labeled joints (DeepPose,
sec. 3.1); here examples are averaged, so the batch size does not matter.
"""

from collections.abc import Callable

import keras
import tensorflow as tf

from deeppose_tf.training import rle

LOSSES = ("l1", "l2", "rle")


def build(name: str) -> Callable:
    """The loss of that name in LOSSES.

    `l1` and `l2` take joints of two columns, `rle` of four, see likelihood.py;
    that one is to be made in the strategy's scope.
    """
    if name == "rle":
        return rle.Likelihood()
    return {"l1": l1, "l2": l2}[name]


def variables(loss: Callable) -> list:
    """What a loss learns along with the network: nothing but for `rle`."""
    return getattr(loss, "trainable_variables", [])


def judged(model: keras.Model, loss: Callable) -> keras.Model:
    """What gives a loss the outputs that it takes; of most, the model."""
    return loss.reveal(model) if hasattr(loss, "reveal") else model


def l2(joints: tf.Tensor, truth: tf.Tensor, labeled: tf.Tensor) -> tf.Tensor:
    """Squared distance, summed over labeled joints: the paper's loss.

    Args:
        joints: float32 [batch, joints, 2 or 4], predictions in box units; of
            spread it takes no notice.
        truth: float32 [batch, joints, 2], box units.
        labeled: bool [batch, joints].

    Returns:
        float32 [batch]; 0 for an example with nothing labeled.
    """
    return _masked_sum(tf.square(joints[..., :2] - truth), labeled)


def l1(joints: tf.Tensor, truth: tf.Tensor, labeled: tf.Tensor) -> tf.Tensor:
    """Absolute difference of the coordinates; otherwise like `l2`."""
    return _masked_sum(tf.abs(joints[..., :2] - truth), labeled)


def _masked_sum(error, labeled):
    error = tf.reduce_sum(error, axis=-1)
    return tf.reduce_sum(tf.where(labeled, error, 0.0), axis=-1)
