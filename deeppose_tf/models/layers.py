"""Batch normalization over all replicas, by TensorFlow's fused kernel.

Keras normalizes by a chain of elementwise operations, which on a CPU takes
longer than the convolutions do; benchmarks/training.py measures it.
"""

import keras
import tensorflow as tf

_layers = keras.layers


class BatchNormalization(keras.layers.BatchNormalization):
    """Keras's layer, synchronized, with the same weights and results.

    The kernel knows one replica's examples alone, so trainings on several go
    Keras's way. So does what is no map of features.
    """

    def __init__(
        self,
        *,
        momentum: float,
        epsilon: float = 1e-3,
        name: str | None = None,
    ):
        """Sets how slowly statistics follow, and what keeps them from 0."""
        super().__init__(
            synchronized=True, momentum=momentum, epsilon=epsilon, name=name
        )

    def call(self, inputs, training=None, mask=None):
        """Normalizes float [batch, height, width, channels]."""
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        if not training or not self.trainable or replicas > 1:
            return super().call(inputs, training=training, mask=mask)
        if inputs.shape.rank != 4:
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma,
            offset=self.beta,
            mean=[],
            variance=[],
            epsilon=self.epsilon,
        )
        # The kernel divides by n - 1, Keras by n.
        count = tf.cast(tf.reduce_prod(tf.shape(inputs)[:3]), tf.float32)
        self._keep(self.moving_mean, mean)
        self._keep(self.moving_variance, variance * (1.0 - 1.0 / count))
        return outputs

    def _keep(self, moving, seen):
        kept = moving * self.momentum + seen * (1.0 - self.momentum)
        moving.assign(kept)


def conv_norm_relu(x, channels, size, strides=1, relu=True, name=None):
    """Convolution, batch normalization over all replicas, ReLU."""
    x = _layers.Conv2D(
        channels,
        size,
        strides=strides,
        padding="same",
        use_bias=False,
        name=name,
    )(x)
    return norm(x, relu, name and f"{name}_norm")


def norm(x, relu=True, name=None):
    """Batch normalization over all replicas, ReLU."""
    x = BatchNormalization(momentum=0.97, name=name)(x)
    return _layers.ReLU()(x) if relu else x
