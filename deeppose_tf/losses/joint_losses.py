"""Regression losses over labeled joints.

The paper sums the squared distance over examples and labeled joints (DeepPose,
sec. 3.1); here examples are averaged, so the batch size does not matter.
"""

import keras
import tensorflow as tf


class Loss(keras.layers.Layer):
    """A loss of each example; a layer, since a loss may learn weights too.

    A subclass has `call(outputs, truth, labeled)`:

        outputs: what the model of `outputs_of` gives.
        truth: float32 [batch, joints, 2], box units; any value where unlabeled.
        labeled: bool [batch, joints].

    and gives float32 [batch]; 0 for an example with nothing labeled.
    """

    def __init__(self):
        """Computes in float32, whatever the precision of the network."""
        super().__init__(dtype="float32")
        # What a loss learns is made with it, not at its first call.
        self.built = True

    def outputs_of(self, model: keras.Model) -> keras.Model:
        """The model whose outputs the loss takes; it shares all weights."""
        return model


class L2(Loss):
    """Squared distance, summed over labeled joints: the paper's loss.

    Outputs: float32 [batch, joints, 2 or 4], box units; spread is ignored.
    """

    def call(self, outputs, truth, labeled):
        """See `Loss`."""
        return _masked_sum(tf.square(outputs[..., :2] - truth), labeled)


class L1(Loss):
    """Absolute difference of the coordinates; otherwise like `L2`."""

    def call(self, outputs, truth, labeled):
        """See `Loss`."""
        return _masked_sum(tf.abs(outputs[..., :2] - truth), labeled)


def _masked_sum(error, labeled):
    error = tf.reduce_sum(error, axis=-1)
    return tf.reduce_sum(tf.where(labeled, error, 0.0), axis=-1)
