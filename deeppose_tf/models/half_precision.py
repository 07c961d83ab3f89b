"""Networks whose kernels are stored as float16, half the size on disk."""

import numpy as np
import tensorflow as tf

from deeppose_tf.models import cascade


class Halved:
    """A network that computes in float32 from kernels kept as float16.

    Those of a training are float16's numbers already, so nothing is lost; see
    kept_weights.py.
    """

    def __init__(self, network):
        """Copies the weights of a keras.Model."""
        self._network = network
        self.weights = [_kept(weight) for weight in network.weights]

    def __call__(self, crop, training=False):
        """Calls the network; only training=False."""
        if training:
            raise ValueError("halved networks are not trained")
        full = {
            weight.path: tf.cast(kept.value, tf.float32)
            for weight, kept in zip(
                self._network.weights, self.weights, strict=True
            )
        }
        found, _ = self._network.stateless_call(
            [full[v.path] for v in self._network.trainable_variables],
            [full[v.path] for v in self._network.non_trainable_variables],
            crop,
            training=False,
        )
        return found


class _Kept:
    """A weight as servers find it: `value` is a TensorFlow variable."""

    def __init__(self, value, dtype):
        self.value = tf.Variable(tf.cast(value, dtype), trainable=False)


def _kept(weight):
    kernel = is_kernel(weight)
    return _Kept(weight.value, tf.float16 if kernel else tf.float32)


def halved(model: cascade.Cascade) -> cascade.Cascade:
    """The same cascade with float16 kernels."""
    return cascade.Cascade(
        [
            cascade.Stage(
                stage.spec,
                {part: Halved(net) for part, net in stage.networks.items()},
            )
            for stage in model.stages
        ]
    )


def is_kernel(weight) -> bool:
    """Whether a weight is kept as float16: biases and statistics are not.

    They weigh nothing, and a variance can leave float16's range.
    """
    return len(weight.shape) > 1


def rounded(weights: list[np.ndarray]) -> list[np.ndarray]:
    """Float32 weights, of which the kernels are numbers of float16."""
    with np.errstate(over="ignore"):  # Weights that diverge are told of later.
        return [
            weight.astype(np.float16).astype(np.float32)
            if is_kernel(weight)
            else weight
            for weight in weights
        ]
