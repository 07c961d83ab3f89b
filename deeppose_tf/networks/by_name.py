"""The networks that can be chosen: a crop in, feature maps out.

A network is a `keras.Model` from float32 [batch, size, size, 3], values in
[0, 255], to a list of feature maps, finest first. It scales its input itself.
Heads make coordinates of the maps.

Their modules, which need Keras, are imported when a network is built.
"""

import math

from deeppose_tf import errors
from deeppose_tf.launch import lazy

with lazy.imports():
    from deeppose_tf.networks import efficientnet_lite
    from deeppose_tf.networks import from_scratch
    from deeppose_tf.networks import keras_applications
    from deeppose_tf.networks import movenet

# By name: a module, and its function of an image size.
NETWORKS = {
    "alexnet": (from_scratch, "alexnet"),
    "compact": (from_scratch, "compact"),
    "tiny": (from_scratch, "tiny"),
    "mobilenet_v2": (keras_applications, "mobilenet_v2"),
    "resnet50": (keras_applications, "resnet50"),
    "efficientnet_v2b0": (keras_applications, "efficientnet_v2b0"),
    "efficientnet_lite0": (efficientnet_lite, "trunk"),
    "movenet_lightning": (movenet, "lightning"),
    "movenet_thunder": (movenet, "thunder"),
}
# Those whose function takes `weights` too.
_WITH_IMAGENET = (keras_applications, efficientnet_lite)
_ALEXNET_LEAST = 57
_MOVENET_STEP = 32


def build(name: str, image_size: int, weights: str | None = None):
    """The `keras.Model` of a network.

    Args:
        name: of NETWORKS.
        image_size: side of the crops.
        weights: None for random ones, or "imagenet".

    Raises:
        InputError: see `check`, or the weights cannot be had.
    """
    check(name, image_size, weights)
    module, function = NETWORKS[name]
    more = [] if weights is None else [weights]
    return getattr(module, function)(image_size, *more)


def check(name: str, image_size: int, weights: str | None):
    """Raises InputError where `build` cannot make a network of these."""
    is_movenet = NETWORKS[name][0] is movenet
    if weights and NETWORKS[name][0] not in _WITH_IMAGENET:
        others = "none"
        if is_movenet:
            file = f"{name.replace('_', '-')}.json"
            others = f"MoveNet's, --weights=PATH/{file}, or none"
        raise errors.InputError(
            f"{name} has no {weights} weights; use {others}"
        )
    if name == "alexnet" and image_size < _ALEXNET_LEAST:
        raise errors.InputError(
            f"--image_size={image_size}: alexnet's pooling needs "
            f"{_ALEXNET_LEAST} or more"
        )
    if is_movenet and image_size % _MOVENET_STEP:
        larger = _MOVENET_STEP * math.ceil(image_size / _MOVENET_STEP)
        raise errors.InputError(
            f"--image_size={image_size}: {name} needs a multiple of "
            f"{_MOVENET_STEP}, e.g. {larger}"
        )
