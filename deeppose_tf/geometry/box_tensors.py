"""Boxes in graphs; see boxes.py for their form."""

import tensorflow as tf


def around(joints, scale: float, square: bool):
    """Boxes around all joints: `enclosing`, then `scaled`, in a graph.

    Args:
        joints: float32 tensor [..., joints, 2], pixels.
        scale: factor of both sides of the tightest box.
        square: whether the shorter side grows to the longer one.

    Returns:
        float32 [..., 4]; sides are at least a pixel.
    """
    low, high = tf.reduce_min(joints, -2), tf.reduce_max(joints, -2)
    size = tf.maximum(high - low, 1.0)
    if square:
        longer = tf.reduce_max(size, axis=-1, keepdims=True)
        size = tf.broadcast_to(longer, tf.shape(size))
    return tf.concat([(low + high) / 2.0, scale * size], axis=-1)


def relative(inner, box):
    """Boxes in units of a box around them.

    Args:
        inner: float32 tensor [..., 4], pixels.
        box: float32 tensor [..., 4], pixels; broadcasts against `inner`.

    Returns:
        float32 [..., 4]: center from the center of `box`, then both sides.
    """
    size = box[..., 2:]
    center = (inner[..., :2] - box[..., :2]) / size
    return tf.concat([center, inner[..., 2:] / size], axis=-1)
