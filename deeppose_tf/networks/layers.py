"""Layers of networks: batch normalization, convolutions with it, resizing."""

import keras
import tensorflow as tf

from deeppose_tf.networks import either_keras

_layers = keras.layers


class BatchNormalization(keras.layers.BatchNormalization):
    """Keras's layer, synchronized, by TensorFlow's fused kernel.

    Weights and results are those of Keras, which normalizes by a chain of
    elementwise operations: on a CPU these take longer than the convolutions;
    benchmarks/training.py measures it. The kernel sees the examples of one
    replica only, so that trainings on several replicas use Keras's operations.
    So do inputs that are no feature maps.
    """

    def __init__(
        self,
        *,
        momentum: float,
        epsilon: float = 1e-3,
        name: str | None = None,
    ):
        """Sets the momentum of statistics, and what is added to variances."""
        super().__init__(
            synchronized=True, momentum=momentum, epsilon=epsilon, name=name
        )

    def call(self, inputs, training=None, mask=None):
        """Normalizes float [batch, height, width, channels]."""
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        learning = training and self.trainable
        if inputs.dtype == "float32" and not learning:
            return self._by_moving_statistics(inputs)
        if not learning or replicas > 1 or inputs.shape.rank != 4:
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
        self._follow(self.moving_mean, mean)
        self._follow(self.moving_variance, variance * (1.0 - 1.0 / count))
        return outputs

    def _by_moving_statistics(self, inputs):
        """Keras's formula, as a factor and a bias.

        Where all are constants, TensorFlow makes one operation of a
        convolution, this and a ReLU.
        """
        gamma, beta, mean, variance = (
            tf.convert_to_tensor(weight)
            for weight in (
                self.gamma,
                self.beta,
                self.moving_mean,
                self.moving_variance,
            )
        )
        factor = gamma * tf.math.rsqrt(variance + self.epsilon)
        return tf.nn.bias_add(inputs * factor, beta - mean * factor)

    def _follow(self, moving, batch):
        moving.assign(moving * self.momentum + batch * (1.0 - self.momentum))


def conv_norm_relu(x, channels, size, strides=1, relu=True, name=None):
    """Convolution, batch normalization over all replicas, ReLU."""
    x = conv(x, channels, size, strides, name)
    return norm(x, relu, name and f"{name}_norm")


def conv(x, channels, size, strides, name):
    """Convolution of a padded map, without bias: a normalization follows."""
    return _layers.Conv2D(
        channels,
        size,
        strides=strides,
        padding="same",
        use_bias=False,
        name=name,
    )(x)


def norm(x, relu=True, name=None):
    """Batch normalization over all replicas, ReLU."""
    x = BatchNormalization(momentum=0.97, name=name)(x)
    return _layers.ReLU()(x) if relu else x


def depthwise(x, strides=1, use_bias=False, name=None):
    """A 3x3 filter of each channel."""
    return _layers.DepthwiseConv2D(
        3,
        strides=strides,
        padding="same",
        use_bias=use_bias,
        # Keras's own takes the inputs of all filters for those of each; values
        # fade with it where no normalization follows.
        depthwise_initializer=keras.initializers.TruncatedNormal(
            stddev=(2 / 9) ** 0.5
        ),
        name=name,
    )(x)


class Resized(_layers.Layer):
    """Bilinear resizing, like keras.layers.Resizing.

    Keras's layer puts the layers after it into training mode where a model is
    called without the argument `training`.
    """

    def __init__(self, height: int, width: int, **kwargs):
        """Sets the size of the result."""
        super().__init__(**kwargs)
        self._size = height, width

    def call(self, maps):
        """Resizes float [batch, rows, columns, channels]."""
        return either_keras.ops.image.resize(maps, self._size)
