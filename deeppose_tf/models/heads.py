"""Heads: feature maps in, joints in box units out.

All are regression trained on coordinates. A head takes the list of feature
maps that a network returns, finest first, and gives float32
[batch, outputs, 2], or with spread [batch, outputs, 4].
"""

import keras

from deeppose_tf.models import map_context
from deeppose_tf.models import soft_argmax
from deeppose_tf.networks import layers

_layers = keras.layers
# Of the feature maps inside a head.
CHANNELS = 128
# Name of the layer whose output are the joints.
JOINTS = "joints"
# The least spread, box units: labels are no more precise, and the logarithm of
# the spread in the loss stays bounded.
_LEAST_SPREAD = 0.005


def paper_fc(features: list, num_outputs: int):
    """Two layers of 4096 with dropout 0.6 (DeepPose, sec. 3.1 and 4.1)."""
    x = _layers.Flatten()(features[-1])
    for _ in range(2):
        x = _layers.Dense(4096, activation="relu")(x)
        x = _layers.Dropout(0.6)(x)
    return _coordinates(x, num_outputs)


def small_fc(features: list, num_outputs: int):
    """One layer of 512, normalized so that its ReLUs cannot all die."""
    x = layers.conv_norm_relu(features[-1], CHANNELS, 1)
    x = _layers.Flatten()(x)
    x = _layers.Dense(512, use_bias=False)(x)
    return _coordinates(layers.norm(x), num_outputs)


def _coordinates(x, num_outputs):
    x = _layers.Dense(2 * num_outputs, dtype="float32", name="coordinates")(x)
    return _layers.Reshape((num_outputs, 2), name=JOINTS)(x)


def integral(maps):
    """The expected coordinate of each map, after a softmax.

    Sun et al., Integral Human Pose Regression, ECCV 2018.
    """
    last = soft_argmax.SoftArgmax(
        soft_argmax.MARGIN, dtype="float32", name=JOINTS
    )
    return last(maps)


def peak(maps, spread: bool):
    """Like `integral`, but each joint is the mean around its map's peak.

    For maps that are trained to be densities, see map_loss.py: where a joint
    may be in two places, the prediction is one of them, not a point halfway.
    The rest of the map gives the expected error.
    """
    last = soft_argmax.LocalSoftArgmax(
        soft_argmax.MARGIN, spread, dtype="float32", name=JOINTS
    )
    return last(maps)


def maps_of(model: keras.Model) -> "keras.KerasTensor":
    """The maps that a model takes its joints from, before softmax.

    Heads `integral`, `peak` and `context` have such.
    """
    return model.get_layer(JOINTS).input


def _maps(network, features, num_outputs):
    """Coarse maps before their softmax, [batch, rows, columns, outputs].

    A margin of cells around it lets a joint lie a little outside the box.
    """
    if network.startswith("movenet_"):
        return _movenet_maps(features[0], num_outputs)
    return _merged_maps(features, num_outputs)


def _movenet_maps(x, num_outputs):
    """MoveNet's own layers, to which its weights fit.

    It pads its features with zeros too: the margin leaves the cells inside as
    MoveNet has them.
    """
    x = _layers.ZeroPadding2D(soft_argmax.MARGIN)(x)
    # movenet_weights.py finds these layers by name.
    x = layers.depthwise(x, name="maps_depthwise")
    x = _layers.Conv2D(96, 1, activation="relu", name="maps_pointwise")(x)
    return _last(x, num_outputs)


def _merged_maps(features, num_outputs):
    """All feature maps are resized to the finest one's size and added."""
    height, width = features[0].shape[1:3]
    # warm_starts.py finds these layers by name in other networks.
    merged = [
        layers.conv_norm_relu(x, CHANNELS, 1, relu=False, name=f"lateral_{i}")
        for i, x in enumerate(features)
    ]
    merged = [merged[0]] + [
        layers.Resized(height, width, dtype="float32")(x) for x in merged[1:]
    ]
    x = _layers.ReLU()(_layers.Add()(merged))
    x = _layers.ZeroPadding2D(soft_argmax.MARGIN)(x)
    x = layers.conv_norm_relu(x, CHANNELS, 3, name="merged")
    return _last(x, num_outputs)


def _last(x, num_outputs):
    # As coordinates: with --precision=mixed_bfloat16 neighbouring cells would
    # be equal.
    last = _layers.Conv2D(num_outputs, 1, dtype="float32", name="maps")
    return last(x)


def _spread(x, num_outputs):
    """The expected error of each coordinate (Li et al., ICCV 2021, sec. 3)."""
    x = _layers.GlobalAveragePooling2D()(x)
    x = _layers.Dense(
        2 * num_outputs, activation="sigmoid", dtype="float32", name="spread"
    )(x)
    return _layers.Reshape((num_outputs, 2))(at_least(x))


def at_least(spread):
    """Keeps a spread from vanishing, as its logarithm is in the loss."""
    last = _layers.Rescaling(1.0, offset=_LEAST_SPREAD, dtype="float32")
    return last(spread)


def attach(
    head: str,
    network: str,
    features: list,
    num_outputs: int,
    spread: bool = False,
):
    """Joints by the head of that name; alexnet and MoveNet have their own.

    Args:
        head: of `stage_specs.HEADS`.
        network: key of `by_name.NETWORKS`.
        features: feature maps of the network, finest first.
        num_outputs: joints to predict.
        spread: whether to predict the expected error of each coordinate too.

    Returns:
        float32 [batch, outputs, 2], in box units; with spread
        [batch, outputs, 4]: x, y, and the mean absolute error of each.
    """
    if head in ("peak", "context"):
        maps = _maps(network, features, num_outputs)
        if head == "context":
            maps = map_context.corrected(maps)
        return peak(maps, spread)
    if head == "integral":
        joints = integral(_maps(network, features, num_outputs))
    else:
        fc = paper_fc if network == "alexnet" else small_fc
        joints = fc(features, num_outputs)
    if not spread:
        return joints
    return _layers.Concatenate(dtype="float32", name="joints_and_spread")(
        [joints, _spread(features[-1], num_outputs)]
    )
