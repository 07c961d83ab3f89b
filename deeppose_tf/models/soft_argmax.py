"""Soft-argmax: the last layers of heads `integral` and `peak`.

They turn maps into coordinates.
"""

import keras
import numpy as np

from deeppose_tf.networks import either_keras

# Cells around a head's maps that lie outside the box.
MARGIN = 2
# The local mean reaches this many cells from a map's peak.
_REACH = 2
# Standard deviation of the blur before the peak is searched, sides of the box.
# A joint counts as found within 0.2 torso diameters (DeepPose, sec. 4.1), which
# are some 0.05 sides of a person's box: what matters is how much of the density
# lies that near, not how high a single cell is. Of 0.03 to 0.08 this was best
# for validation people (docs/ablations.md).
_BLUR = 0.055
# A cell this far below the highest one has no share after the softmax. With a
# lower value, eight-bit numbers could not tell the other cells apart.
_NO_SHARE = -30.0


def cell_centers(num_cells: int, margin: int) -> np.ndarray:
    """The centers of a map's cells along one axis.

    Returns:
        float32 [num_cells], box units; the box spans the map less `margin`
        cells at each end.
    """
    inside = num_cells - 2 * margin
    cells = (np.arange(num_cells) - margin + 0.5) / inside - 0.5
    return cells.astype("float32")


class SoftArgmax(keras.layers.Layer):
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
        """Softmax of [batch, cells, outputs], then the mean coordinate."""
        share = either_keras.ops.softmax(cells, axis=1)
        return either_keras.ops.einsum("bco,cd->bod", share, self._centers)


class LocalSoftArgmax(SoftArgmax):
    """Soft-argmax over the 5 by 5 cells around a map's peak.

    The peak is the highest cell of the blurred density. With spread it gives
    float32 [batch, outputs, 4]: also the mean absolute distance, over the whole
    map, of x and of y from that point.
    """

    def __init__(self, margin: int, spread: bool, **kwargs):
        """Sets the cells outside the box on each side; if spread is given."""
        super().__init__(margin, **kwargs)
        self._spread = spread

    def build(self, input_shape):
        """Computes the blur too, a row and a column of weights a joint."""
        super().build(input_shape)
        inside = input_shape[1] - 2 * self._margin
        weights = _bell(_BLUR * inside)[:, None, None]
        weights = np.tile(weights, (1, input_shape[-1], 1))
        self._blurs = weights[:, None], weights[None]

    def call(self, maps):
        """Takes the expectations."""
        cells = _flat(maps)
        below = cells - either_keras.ops.max(cells, axis=1, keepdims=True)
        share = either_keras.ops.softmax(below, axis=1)
        near = _near_highest(self._blurred(share, maps.shape), *maps.shape[1:3])
        joints = self._mean(either_keras.ops.where(near, below, _NO_SHARE))
        if not self._spread:
            return joints
        spread = [
            either_keras.ops.sum(
                share * either_keras.ops.abs(center - joint), axis=1
            )
            for center, joint in (
                (self._centers[:, i, None], joints[:, None, :, i])
                for i in (0, 1)
            )
        ]
        return either_keras.ops.concatenate(
            [joints, either_keras.ops.stack(spread, axis=-1)], axis=-1
        )

    def _blurred(self, share, shape):
        """Blurs [batch, cells, outputs] of maps of that shape."""
        maps = either_keras.ops.reshape(share, (-1, *shape[1:]))
        for weights in self._blurs:
            maps = either_keras.ops.depthwise_conv(
                maps, weights, padding="same"
            )
        return _flat(maps)


def _bell(sigma):
    """Normal density over cells as far as two sigma, float32, sum 1."""
    reach = max(1, round(2 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return (weights / weights.sum()).astype("float32")


def _flat(maps):
    """[batch, rows, columns, outputs] -> [batch, cells, outputs]."""
    _, rows, columns, outputs = maps.shape
    return either_keras.ops.reshape(maps, (-1, rows * columns, outputs))


def _near_highest(cells, rows, columns):
    """Which cells are near the highest one, bool [batch, cells, outputs].

    Args:
        cells: float [batch, cells, outputs].
        rows: of the map.
        columns: likewise.
    """
    count, outputs = cells.shape[1:]
    index = np.arange(count, dtype="int32")[:, None]
    highest = either_keras.ops.max(cells, axis=1, keepdims=True)
    # The first of the highest cells. Keras's argmax uses operations that LiteRT
    # lacks.
    top = either_keras.ops.min(
        either_keras.ops.where(cells >= highest, index, count),
        axis=1,
        keepdims=True,
    )
    near_row, near_column = (
        either_keras.ops.abs(np.arange(n, dtype="int32")[:, None] - at)
        <= _REACH
        for n, at in ((rows, top // columns), (columns, top % columns))
    )
    near = near_row[:, :, None] & near_column[:, None]
    return either_keras.ops.reshape(near, (-1, count, outputs))
