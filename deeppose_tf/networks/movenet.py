"""MoveNet's trunk: MobileNetV2, and a feature pyramid down to stride 4.

As in Google's published graphs of MoveNet (Sandler et al., MobileNetV2, CVPR
2018, without its batch normalization). MobileNetV2's layers have Keras's names.
runs/movenet_weights.py reads the published weights.
"""

import keras

from deeppose_tf.networks import layers

_layers = keras.layers
# Groups of blocks: expansion, channels, number of blocks, strides of the first.
_GROUPS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
# Blocks by the stride of the pyramid's map that they are added to.
_TAKEN = {2: 4, 5: 8, 9: 16}
# Channels of the pyramid's maps by stride, before and after their filter.
_PYRAMID = {16: (64, 32), 8: (32, 24), 4: (24, 24)}


def lightning(image_size: int) -> keras.Model:
    """Features at the strides 4, 8, 16 and 32; see by_name.py."""
    return _trunk("movenet_lightning", 1.0, image_size)


def thunder(image_size: int) -> keras.Model:
    """The same with 1.75 times the channels."""
    return _trunk("movenet_thunder", 1.75, image_size)


def _trunk(name, width, image_size):
    crop = keras.Input((image_size, image_size, 3), name="crop")
    by_stride = _mobilenet_v2(crop, width)
    # MoveNet's heads see the first; `fc`, and a spread, the last; a pooled
    # refiner all.
    features = [_pyramid(by_stride), *(by_stride[s] for s in (8, 16, 32))]
    return keras.Model(crop, features, name=name)


def _mobilenet_v2(crop, width):
    """The feature maps that the pyramid is made of, by their stride."""
    x = _layers.Rescaling(1 / 127.5, offset=-1)(crop)
    x = _conv(x, _channels(32, width), 3, 2, "Conv1")
    x = _layers.ReLU(6.0, name="Conv1_relu")(x)
    by_stride, block = {}, 0
    for expansion, channels, repeats, strides in _GROUPS:
        for repeat in range(repeats):
            x = _block(
                x,
                f"block_{block}" if block else "expanded_conv",
                expansion,
                _channels(channels, width),
                1 if repeat else strides,
            )
            if block in _TAKEN:
                by_stride[_TAKEN[block]] = x
            block += 1
    x = _conv(x, 1280, 1, 1, "Conv_1")
    return by_stride | {32: _layers.ReLU(6.0, name="out_relu")(x)}


def _channels(count, width):
    """A multiple of 8, as in Keras's MobileNetV2."""
    return int(count * width + 4) // 8 * 8


def _block(x, name, expansion, channels, strides):
    """An inverted residual: expand, filter each channel, project."""
    y = x
    if expansion > 1:
        y = _conv(y, expansion * x.shape[-1], 1, 1, f"{name}_expand")
        y = _layers.ReLU(6.0, name=f"{name}_expand_relu")(y)
    y = layers.depthwise(y, strides, use_bias=True, name=f"{name}_depthwise")
    y = _layers.ReLU(6.0, name=f"{name}_depthwise_relu")(y)
    y = _conv(y, channels, 1, 1, f"{name}_project")
    return _layers.Add(name=f"{name}_add")([x, y]) if x.shape == y.shape else y


def _pyramid(by_stride):
    """Coarse maps are doubled and added to finer ones, down to stride 4."""
    x = _conv(by_stride[32], _PYRAMID[16][0], 1, 1, "pyramid_32")
    for stride, (channels, filtered) in _PYRAMID.items():
        x = _layers.UpSampling2D(interpolation="bilinear")(x)
        finer = _conv(by_stride[stride], channels, 1, 1, f"pyramid_{stride}")
        x = _layers.Add()([x, finer])
        x = layers.depthwise(x, name=f"pyramid_{stride}_depthwise")
        x = _conv(x, filtered, 1, 1, f"pyramid_{stride}_pointwise")
        x = _layers.ReLU()(x)
    return x


def _conv(x, channels, size, strides, name):
    """Convolution with a bias, and no batch normalization after it.

    The files have normalization folded into weights and biases; what it was
    cannot be had back. A new one would replace the folded statistics by those
    of a batch, and with them what the network knows. Trained as it is, at a low
    rate, it learns.
    """
    return _layers.Conv2D(
        channels,
        size,
        strides=strides,
        padding="same",
        kernel_initializer="he_normal",
        name=name,
    )(x)
