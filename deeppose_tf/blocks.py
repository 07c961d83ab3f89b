"""Layers that go together, for networks and for heads."""

import keras

_layers = keras.layers


def conv_norm_relu(x, channels, size, strides=1, relu=True):
    """Convolution, batch normalization over all replicas, ReLU."""
    x = _layers.Conv2D(
        channels, size, strides=strides, padding="same", use_bias=False
    )(x)
    return norm(x, relu)


def norm(x, relu=True):
    """Batch normalization over all replicas, ReLU."""
    x = _layers.BatchNormalization(synchronized=True, momentum=0.97)(x)
    return _layers.ReLU()(x) if relu else x
