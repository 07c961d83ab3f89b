"""Heads: feature maps in, joints in box units out.

Both are regression trained on coordinates. A head takes the list of feature
maps that a network returns, finest first, and gives float32
[batch, outputs, 2], or with spread [batch, outputs, 4].
"""

import keras
import numpy as np

from deeppose_tf import blocks

_layers = keras.layers
_CHANNELS = 128
_MARGIN = 2
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
    x = blocks.conv_norm_relu(features[-1], _CHANNELS, 1)
    x = _layers.Flatten()(x)
    x = _layers.Dense(512, use_bias=False)(x)
    return _coordinates(blocks.norm(x), num_outputs)


def _coordinates(x, num_outputs):
    x = _layers.Dense(2 * num_outputs, dtype="float32", name="coordinates")(x)
    return _layers.Reshape((num_outputs, 2), name="joints")(x)


def integral(features: list, num_outputs: int):
    """A coarse map per output, softmax, expected coordinate.

    Sun et al., Integral Human Pose Regression, ECCV 2018. All feature maps are
    brought to the finest one's size and added. A margin of cells around them
    lets an expected coordinate lie a little outside the box.
    """
    height, width = features[0].shape[1:3]
    # Named, so that another network's head can start from them: warm_starts.py.
    merged = [
        blocks.conv_norm_relu(x, _CHANNELS, 1, relu=False, name=f"lateral_{i}")
        for i, x in enumerate(features)
    ]
    merged = [merged[0]] + [
        _layers.Resizing(height, width, dtype="float32")(x) for x in merged[1:]
    ]
    x = _layers.ReLU()(_layers.Add()(merged))
    x = _layers.ZeroPadding2D(_MARGIN)(x)
    x = blocks.conv_norm_relu(x, _CHANNELS, 3, name="merged")
    maps = _layers.Conv2D(num_outputs, 1, name="maps")(x)
    return ExpectedCoordinate(_MARGIN, dtype="float32", name="joints")(maps)


class ExpectedCoordinate(_layers.Layer):
    """Softmax over each map, then the mean of the cells' coordinates.

    Takes float [batch, rows, columns, outputs] and gives float32
    [batch, outputs, 2] in box units: the box spans the maps less `margin` cells
    on each side.
    """

    def __init__(self, margin: int, **kwargs):
        """Sets how many cells lie outside the box on each side."""
        super().__init__(**kwargs)
        self._margin = margin

    def build(self, input_shape):
        """Computes the cells' centers."""
        rows, columns = (
            (np.arange(n) - self._margin + 0.5) / (n - 2 * self._margin) - 0.5
            for n in input_shape[1:3]
        )
        y, x = np.meshgrid(rows, columns, indexing="ij")
        self._centers = np.stack([x.ravel(), y.ravel()], 1).astype("float32")

    def call(self, maps):
        """Takes the expectation."""
        _, rows, columns, outputs = maps.shape
        cells = keras.ops.reshape(maps, (-1, rows * columns, outputs))
        share = keras.ops.softmax(cells, axis=1)
        return keras.ops.einsum("bco,cd->bod", share, self._centers)


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
    fc = paper_fc if network == "alexnet" else small_fc
    make = integral if head == "integral" else fc
    joints = make(features, num_outputs)
    if not spread:
        return joints
    return _layers.Concatenate(dtype="float32", name="joints_and_spread")(
        [joints, _spread(features[-1], num_outputs)]
    )


HEADS = ("fc", "integral")
