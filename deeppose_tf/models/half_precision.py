"""Float16 kernels: networks that store them, and weights rounded to them.

Kernels are nearly all of a network's bytes, so that its export takes half the
space on disk.
"""

import numpy as np
import tensorflow as tf

from deeppose_tf.models import cascade
from deeppose_tf.models import trained_stages
from deeppose_tf.networks import either_keras


def halved(model: cascade.Cascade) -> cascade.Cascade:
    """The same cascade with float16 kernels."""
    return model.replaced(
        [
            trained_stages.Stage(
                stage.spec,
                {
                    part: HalvedNetwork(network)
                    for part, network in stage.networks.items()
                },
            )
            for stage in model.stages
        ]
    )


class HalvedNetwork:
    """A network that computes in float32 from kernels stored as float16.

    A training rounds its kernels to numbers of float16 already (see
    weight_averages.py), so that storing them loses nothing.
    """

    def __init__(self, network):
        """Copies the weights of a keras.Model."""
        self._network = network
        self.weights = [_StoredWeight(weight) for weight in network.weights]

    def __call__(self, crop, training=False):
        """Calls the network; only training=False."""
        if training:
            raise ValueError("halved networks are not trained")
        full = [tf.cast(stored.value, tf.float32) for stored in self.weights]
        return either_keras.called_with(self._network, full, crop)


class _StoredWeight:
    """A copy of a Keras weight, whose `value` is a TensorFlow variable too."""

    def __init__(self, weight):
        dtype = tf.float16 if is_kernel(weight) else tf.float32
        self.value = tf.Variable(
            tf.cast(either_keras.variable(weight), dtype), trainable=False
        )


def is_kernel(weight) -> bool:
    """Whether a weight is stored as float16: biases and statistics are not.

    They take little space, and a variance can leave float16's range.
    """
    return len(weight.shape) > 1


def rounded(weights: list[np.ndarray]) -> list[np.ndarray]:
    """Float32 weights, of which the kernels are numbers of float16."""
    # Weights of a diverged training overflow; the trainer reports that.
    with np.errstate(over="ignore"):
        return [
            weight.astype(np.float16).astype(np.float32)
            if is_kernel(weight)
            else weight
            for weight in weights
        ]
