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
# Cells around an integral head's maps that lie outside the box.
MARGIN = 2
# Name of the layer from maps to joints.
MAPS_TO_JOINTS = "joints"
# Cells from a map's peak to the end of what `peak` takes the mean of.
_REACH = 2
# Box units: surer than that no label is, and the logarithm stays bounded.
_LEAST_SPREAD = 0.005
# That much below the highest cell, one has no share after a softmax; and lower,
# numbers of eight bits could not tell the others apart.
_NO_SHARE = -30.0


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

    Sun et al., Integral Human Pose Regression, ECCV 2018.
    """
    return ExpectedCoordinate(MARGIN, dtype="float32", name=MAPS_TO_JOINTS)(
        _maps(features, num_outputs)
    )


def peak(features: list, num_outputs: int, spread: bool):
    """Like `integral`, but each joint is the mean around its map's peak.

    For maps that are trained to be densities, see map_loss.py: a joint that may
    be in two places is in one of them then, and not halfway. What the map holds
    elsewhere says how far off it may be.
    """
    return PeakCoordinate(MARGIN, spread, dtype="float32", name=MAPS_TO_JOINTS)(
        _maps(features, num_outputs)
    )


def _maps(features, num_outputs):
    """Maps before their softmax, [batch, rows, columns, outputs].

    All feature maps are brought to the finest one's size and added. A margin
    of cells around them lets a joint lie a little outside the box.
    """
    height, width = features[0].shape[1:3]
    # Named, so that another network's head can start from them: warm_starts.py.
    merged = [
        blocks.conv_norm_relu(x, _CHANNELS, 1, relu=False, name=f"lateral_{i}")
        for i, x in enumerate(features)
    ]
    merged = [merged[0]] + [
        Resized(height, width, dtype="float32")(x) for x in merged[1:]
    ]
    x = _layers.ReLU()(_layers.Add()(merged))
    x = _layers.ZeroPadding2D(MARGIN)(x)
    x = blocks.conv_norm_relu(x, _CHANNELS, 3, name="merged")
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


def cell_centers(num_cells: int, margin: int) -> np.ndarray:
    """Where the cells of a map lie along one axis.

    Returns:
        float32 [num_cells], box units; the box spans the map less `margin`
        cells at each end.
    """
    inside = num_cells - 2 * margin
    cells = (np.arange(num_cells) - margin + 0.5) / inside - 0.5
    return cells.astype("float32")


class ExpectedCoordinate(_layers.Layer):
    """Softmax over each map, then the mean of the cells' coordinates.

    Takes float [batch, rows, columns, outputs] and gives float32
    [batch, outputs, 2] in box units; see `cell_centers`.
    """

    def __init__(self, margin: int, **kwargs):
        """Sets how many cells lie outside the box on each side."""
        super().__init__(**kwargs)
        self._margin = margin

    def build(self, input_shape):
        """Computes the cells' centers."""
        rows, columns = (
            cell_centers(n, self._margin) for n in input_shape[1:3]
        )
        y, x = np.meshgrid(rows, columns, indexing="ij")
        self._centers = np.stack([x.ravel(), y.ravel()], 1)

    def call(self, maps):
        """Takes the expectation."""
        return self._mean(_flat(maps))

    def _mean(self, cells):
        """The mean coordinate of cells, [batch, cells, outputs]."""
        share = keras.ops.softmax(cells, axis=1)
        return keras.ops.einsum("bco,cd->bod", share, self._centers)


class PeakCoordinate(ExpectedCoordinate):
    """The mean of the 5 by 5 cells around a map's highest one.

    With spread, float32 [batch, outputs, 4]: also the mean absolute distance of
    the whole map's coordinates from there.
    """

    def __init__(self, margin: int, spread: bool, **kwargs):
        """Sets how many cells lie outside the box, and what is told."""
        super().__init__(margin, **kwargs)
        self._spread = spread

    def call(self, maps):
        """Takes the expectations."""
        cells = _flat(maps)
        near = _near_highest(cells, maps.shape[2])
        above = cells - keras.ops.max(cells, axis=1, keepdims=True)
        joints = self._mean(keras.ops.where(near, above, _NO_SHARE))
        if not self._spread:
            return joints
        share = keras.ops.softmax(cells, axis=1)
        spread = [
            keras.ops.sum(share * keras.ops.abs(center - joint), axis=1)
            for center, joint in (
                (self._centers[:, i, None], joints[:, None, :, i])
                for i in (0, 1)
            )
        ]
        return keras.ops.concatenate(
            [joints, keras.ops.stack(spread, axis=-1)], axis=-1
        )


def _flat(maps):
    """[batch, rows, columns, outputs] -> [batch, cells, outputs]."""
    _, rows, columns, outputs = maps.shape
    return keras.ops.reshape(maps, (-1, rows * columns, outputs))


def _near_highest(cells, columns):
    """Which cells are next to the highest one, bool [batch, cells, outputs]."""
    top = keras.ops.argmax(cells, axis=1)[:, None]
    index = np.arange(cells.shape[1], dtype="int32")[:, None]
    apart = keras.ops.maximum(
        keras.ops.abs(index // columns - top // columns),
        keras.ops.abs(index % columns - top % columns),
    )
    return apart <= _REACH


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
