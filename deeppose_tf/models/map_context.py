"""Corrects the map of each joint by what the maps of all joints say together.

Where a knee may be in two places, the hip and the ankle tell which. Such a
network on top of maps is common in pose estimation (Tompson et al., NIPS 2014;
Wei et al., Convolutional Pose Machines, CVPR 2016).
"""

import keras

from deeppose_tf.networks import either_keras
from deeppose_tf.networks import layers

_layers = keras.layers
# Cells of a map to one of those that see a whole person.
_STRIDE = 4
_CHANNELS, _BLOCKS = 96, 4
# Of the features in the maps' own size, which place joints precisely.
_FINE_CHANNELS = 48
# Layers whose weights belong to joints, of no use to others.
OF_JOINTS = {"context_coarse", "context_fine", "context_maps"}
# Layers at the ends, whose numbers eight bits are too few for.
PRECISE = {"context_seen", "context_maps", "context_corrected"}


def corrected(maps):
    """Maps with a correction, which fresh weights leave at zero.

    Args:
        maps: float32 [batch, rows, columns, joints], before their softmax.

    Returns:
        The same.
    """
    # Graphs that are frozen take no name that begins with an underscore.
    seen = _Seen(dtype="float32", name="context_seen")(maps)
    x = _layers.Conv2D(
        _CHANNELS,
        _STRIDE,
        strides=_STRIDE,
        padding="same",
        activation="relu",
        name="context_coarse",
    )(seen)
    for i in range(_BLOCKS):
        x = _block(x, f"context_{i}")
    x = _layers.Conv2D(_FINE_CHANNELS, 1, name="context_lateral")(x)
    coarse = layers.Resized(
        *maps.shape[1:3], dtype="float32", name="context_resized"
    )(x)
    fine = _layers.Conv2D(
        _FINE_CHANNELS, 3, padding="same", name="context_fine"
    )(seen)
    x = _sum_above_zero(coarse, fine, "context_both")
    correction = _layers.Conv2D(
        maps.shape[-1],
        1,
        kernel_initializer="zeros",
        dtype="float32",
        name="context_maps",
    )(x)
    last = _layers.Add(dtype="float32", name="context_corrected")
    return last([maps, correction])


def _block(x, name):
    """Seven by seven cells of each channel, then all channels of each cell."""
    y = _layers.DepthwiseConv2D(7, padding="same", name=f"{name}_depthwise")(x)
    y = _layers.Conv2D(_CHANNELS, 1, activation="relu", name=f"{name}_in")(y)
    y = _layers.Conv2D(_CHANNELS, 1, name=f"{name}_out")(y)
    return _sum_above_zero(x, y, name)


def _sum_above_zero(x, y, name):
    """All layers have names: litert_networks.py finds them by these."""
    total = _layers.Add(name=f"{name}_sum")([x, y])
    return _layers.ReLU(name=f"{name}_relu")(total)


class _Seen(_layers.Layer):
    """What the network sees of maps: numbers of the size of 1.

    Logarithms tell small densities apart, densities the likely places.
    """

    def call(self, maps):
        """[batch, rows, columns, joints] -> the same with twice as many."""
        ops = either_keras.ops
        rows, columns, joints = maps.shape[1:]
        cells = ops.reshape(maps, (-1, rows * columns, joints))
        below = cells - ops.max(cells, axis=1, keepdims=True)
        # A peak of one cell's deviation has some 0.05 in its highest cell.
        share = 20.0 * ops.softmax(below, axis=1)
        seen = ops.concatenate([ops.clip(below / 8 + 1, -1, 1), share], axis=-1)
        return ops.reshape(seen, (-1, rows, columns, 2 * joints))
