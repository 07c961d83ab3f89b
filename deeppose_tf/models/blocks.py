"""Layers that go together, for networks and for heads."""

import keras

from deeppose_tf.models import layers

_layers = keras.layers


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
    x = layers.BatchNormalization(momentum=0.97, name=name)(x)
    return _layers.ReLU()(x) if relu else x
