"""Heads: feature maps in, joints in box units out.

Both are regression trained on coordinates. A head takes the list of feature
maps that a network returns, finest first, and gives float32
[batch, outputs, 2], or with spread [batch, outputs, 4].
"""

import keras

from deeppose_tf.models import layers
from deeppose_tf.models import soft_argmax

_layers = keras.layers
_CHANNELS = 128
# Name of the layer that joints come from.
JOINTS = "joints"
# Box units: surer than that no label is, and the logarithm stays bounded.
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
    x = layers.conv_norm_relu(features[-1], _CHANNELS, 1)
    x = _layers.Flatten()(x)
    x = _layers.Dense(512, use_bias=False)(x)
    return _coordinates(layers.norm(x), num_outputs)


def _coordinates(x, num_outputs):
    x = _layers.Dense(2 * num_outputs, dtype="float32", name="coordinates")(x)
    return _layers.Reshape((num_outputs, 2), name=JOINTS)(x)


def integral(features: list, num_outputs: int):
    """A coarse map per output, softmax, expected coordinate.

    Sun et al., Integral Human Pose Regression, ECCV 2018.
    """
    last = soft_argmax.ExpectedCoordinate(
        soft_argmax.MARGIN, dtype="float32", name=JOINTS
    )
    return last(_maps(features, num_outputs))


def peak(features: list, num_outputs: int, spread: bool):
    """Like `integral`, but each joint is the mean around its map's peak.

    For maps that are trained to be densities, see map_loss.py: a joint that may
    be in two places is in one of them then, and not halfway. What the map holds
    elsewhere says how far off it may be.
    """
    last = soft_argmax.PeakCoordinate(
        soft_argmax.MARGIN, spread, dtype="float32", name=JOINTS
    )
    return last(_maps(features, num_outputs))


def maps_of(model: keras.Model) -> keras.KerasTensor:
    """Where the maps of a model with head `integral` or `peak` are in it."""
    return model.get_layer(JOINTS).input


def _maps(features, num_outputs):
    """Maps before their softmax, [batch, rows, columns, outputs].

    All feature maps are brought to the finest one's size and added. A margin
    of cells around them lets a joint lie a little outside the box.
    """
    height, width = features[0].shape[1:3]
    # Named, so that another network's head can start from them: warm_starts.py.
    merged = [
        layers.conv_norm_relu(x, _CHANNELS, 1, relu=False, name=f"lateral_{i}")
        for i, x in enumerate(features)
    ]
    merged = [merged[0]] + [
        Resized(height, width, dtype="float32")(x) for x in merged[1:]
    ]
    x = _layers.ReLU()(_layers.Add()(merged))
    x = _layers.ZeroPadding2D(soft_argmax.MARGIN)(x)
    x = layers.conv_norm_relu(x, _CHANNELS, 3, name="merged")
    return _layers.Conv2D(num_outputs, 1, name="maps")(x)


class Resized(_layers.Layer):
    """Bilinear, like Keras's layer Resizing.

    That one makes what is called after it believe in training, wherever a model
    is called without a word about it.
    """

    def __init__(self, height: int, width: int, **kwargs):
        """Sets the size of the result."""
        super().__init__(**kwargs)
        self._size = height, width

    def call(self, maps):
        """Resizes float [batch, rows, columns, channels]."""
        return keras.ops.image.resize(maps, self._size)


def _spread(x, num_outputs):
    """How far off each coordinate may be (Li et al., ICCV 2021, sec. 3)."""
    x = _layers.GlobalAveragePooling2D()(x)
    x = _layers.Dense(
        2 * num_outputs, activation="sigmoid", dtype="float32", name="spread"
    )(x)
    x = _layers.Rescaling(1.0, offset=_LEAST_SPREAD, dtype="float32")(x)
    return _layers.Reshape((num_outputs, 2))(x)


def attach(
    head: str,
    network: str,
    features: list,
    num_outputs: int,
    spread: bool = False,
):
    """Joints by the head of that name; fc means the paper's on alexnet.

    With spread, float32 [batch, outputs, 4]: x, y, and the mean absolute error
    to be expected of each, all in box units.
    """
    if head == "peak":
        return peak(features, num_outputs, spread)
    fc = paper_fc if network == "alexnet" else small_fc
    make = integral if head == "integral" else fc
    joints = make(features, num_outputs)
    if not spread:
        return joints
    return _layers.Concatenate(dtype="float32", name="joints_and_spread")(
        [joints, _spread(features[-1], num_outputs)]
    )


HEADS = ("fc", "integral", "peak")
