"""AlexNet's local response normalization, in one pass over memory."""

import keras
import numpy as np
import tensorflow as tf

from deeppose_tf.networks import either_keras

# Krizhevsky et al., NIPS 2012, sec. 3.3; the DeepPose paper gives none.
_BIAS, _ALPHA = 2.0, 1e-4
# Channels on either side that count: 5 in all.
_REACH = 2


class LocalResponseNormalization(keras.layers.Layer):
    """x / (2 + 1e-4 * sum of x^2 over 5 channels) ^ 0.75.

    The sum is a 1x1 convolution with a band matrix, which is faster on a CPU
    than `tf.nn.local_response_normalization`. Trainings run it by XLA, which
    takes half the time of that; exports do without XLA.
    """

    def build(self, input_shape):
        """Makes the band matrix."""
        channel = np.arange(input_shape[-1])
        band = np.abs(channel[:, None] - channel) <= _REACH
        self._band = band[None, None].astype("float32")

    def call(self, x, training=None):
        """Normalizes float [batch, height, width, channels]."""
        if training:
            return _normalized(x)
        band = either_keras.ops.convert_to_tensor(self._band, x.dtype)
        total = either_keras.ops.conv(
            either_keras.ops.square(x), band, padding="same"
        )
        return x * _to_minus_three_quarters(_BIAS + _ALPHA * total)


def _to_minus_three_quarters(x):
    r = either_keras.ops.rsqrt(x)
    return r * either_keras.ops.sqrt(r)


@tf.custom_gradient
def _normalized(x):
    return _forward(x), lambda gradient: _backward(x, gradient)


@tf.function(jit_compile=True, autograph=False)
def _forward(x):
    """XLA makes one loop of it."""
    wide = tf.cast(x, tf.float32)
    scale = _BIAS + _ALPHA * _summed(wide * wide)
    return tf.cast(wide * _to_minus_three_quarters(scale), x.dtype)


@tf.function(jit_compile=True, autograph=False)
def _backward(x, gradient):
    """The gradient of x from that of the result; nothing else was kept.

    Of y_i = x_i s_i^-0.75 with s_i = 2 + 1e-4 * sum x_j^2,
    dy_i / dx_j = [i = j] s_i^-0.75 - 1.5e-4 x_j x_i s_i^-1.75 for j near i.
    """
    wide = tf.cast(x, tf.float32)
    scale = _BIAS + _ALPHA * _summed(wide * wide)
    direct = tf.cast(gradient, tf.float32) * _to_minus_three_quarters(scale)
    through_scale = 1.5 * _ALPHA * wide * _summed(direct * wide / scale)
    return tf.cast(direct - through_scale, x.dtype)


def _summed(x):
    """Sums over neighbouring channels; beyond the first and last lie zeros."""
    channels = x.shape[-1]
    padded = tf.pad(x, [[0, 0]] * (x.shape.rank - 1) + [[_REACH, _REACH]])
    return tf.add_n(
        [padded[..., i : i + channels] for i in range(2 * _REACH + 1)]
    )
