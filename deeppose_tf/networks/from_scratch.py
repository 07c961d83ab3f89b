"""Networks that nobody has trained before: the paper's, and small ones."""

import keras

from deeppose_tf.networks import layers
from deeppose_tf.networks import local_response

_layers = keras.layers


def alexnet(image_size: int) -> keras.Model:
    """The paper's network up to its last pooling (DeepPose, sec. 3.1)."""
    crop = _crop_input(image_size)
    x = _layers.Rescaling(1 / 127.5, offset=-1)(crop)
    x = _conv_relu(x, 96, 11, strides=4)
    x = _pool(local_response.LocalResponseNormalization()(x))
    x = _conv_relu(x, 256, 5)
    stride_8 = _pool(local_response.LocalResponseNormalization()(x))
    x = _conv_relu(stride_8, 384, 3)
    x = _conv_relu(x, 384, 3)
    stride_16 = _conv_relu(x, 256, 3)
    return keras.Model(crop, [stride_16, _pool(stride_16)], name="alexnet")


def _conv_relu(x, channels, size, strides=1):
    return _layers.Conv2D(
        channels, size, strides=strides, padding="same", activation="relu"
    )(x)


def _pool(x):
    return _layers.MaxPooling2D(3, strides=2)(x)


def compact(image_size: int) -> keras.Model:
    """A small residual network that trains on two CPU cores."""
    crop = _crop_input(image_size)
    x = _layers.Rescaling(1 / 127.5, offset=-1)(crop)
    x = layers.conv_norm_relu(x, 32, 3, strides=2)
    x = _residual(x, 32, strides=2)
    x = _residual(x, 64, strides=2)
    stride_8 = _residual(x, 64)
    x = _residual(stride_8, 128, strides=2)
    stride_16 = _residual(x, 128)
    stride_32 = _residual(stride_16, 256, strides=2)
    return keras.Model(crop, [stride_8, stride_16, stride_32], name="compact")


def _residual(x, channels, strides=1):
    y = layers.conv_norm_relu(x, channels, 3, strides)
    y = layers.conv_norm_relu(y, channels, 3, relu=False)
    if strides > 1 or x.shape[-1] != channels:
        x = layers.conv_norm_relu(x, channels, 1, strides, relu=False)
    return _layers.ReLU()(_layers.Add()([x, y]))


def tiny(image_size: int) -> keras.Model:
    """Two strided blocks of 8 channels, for smoke tests: it learns nothing."""
    crop = _crop_input(image_size)
    x = _layers.Rescaling(1 / 127.5, offset=-1)(crop)
    stride_8 = layers.conv_norm_relu(x, 8, 8, strides=8, name="block_1")
    stride_16 = layers.conv_norm_relu(stride_8, 8, 3, strides=2, name="block_2")
    return keras.Model(crop, [stride_8, stride_16], name="tiny")


def _crop_input(image_size):
    return keras.Input((image_size, image_size, 3), name="crop")
