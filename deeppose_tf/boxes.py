"""Boxes, and joints measured in them.

A box is `[cx, cy, w, h]` in pixels of its image. In box units a joint is
measured from the box's center in widths and heights, so the box spans
[-0.5, 0.5] on both axes (DeepPose, sec. 3).

Pixel coordinates are continuous: the image spans [0, width] x [0, height], and
the first pixel's center is (0.5, 0.5).

`normalize`, `denormalize` and `corners` are plain algebra and take NumPy
arrays as well as tensors.
"""

import numpy as np
import tensorflow as tf


def normalize(joints, box):
    """Maps joints from image pixels to box units, the paper's N(y; b).

    Args:
        joints: float32 [..., joints, 2], (x, y) in pixels.
        box: float32 [..., 4].

    Returns:
        float32 [..., joints, 2], (x, y) in box units.
    """
    center, size = box[..., None, :2], box[..., None, 2:]
    return (joints - center) / size


def denormalize(joints, box):
    """Inverse of `normalize`."""
    center, size = box[..., None, :2], box[..., None, 2:]
    return joints * size + center


def around(centers: tf.Tensor, side: tf.Tensor) -> tf.Tensor:
    """Square boxes, [..., 4], around [..., 2] centers with [...] sides."""
    side = tf.broadcast_to(side, tf.shape(centers)[:-1])
    return tf.concat([centers, side[..., None], side[..., None]], axis=-1)


def enclosing(joints: np.ndarray, labeled: np.ndarray) -> np.ndarray:
    """The tightest box that holds the labeled joints.

    Args:
        joints: float [..., joints, 2], pixels.
        labeled: bool [..., joints].

    Returns:
        float32 [..., 4]; not numbers where nothing is labeled.
    """
    low = np.where(labeled[..., None], joints, np.inf).min(axis=-2)
    high = np.where(labeled[..., None], joints, -np.inf).max(axis=-2)
    low = np.where(labeled.any(axis=-1)[..., None], low, np.nan)
    box = np.concatenate([(low + high) / 2, high - low], axis=-1)
    return box.astype(np.float32)


def scaled(box: np.ndarray, scale: float, square: bool) -> np.ndarray:
    """The box about the same center, `scale` times as large.

    Args:
        box: float32 [..., 4].
        scale: factor of both sides.
        square: whether the shorter side grows to the longer one.
    """
    size = box[..., 2:]
    if square:
        size = np.broadcast_to(size.max(-1, keepdims=True), size.shape)
    box = np.concatenate([box[..., :2], scale * size], axis=-1)
    return box.astype(np.float32)


def diameter(joints, labeled, torsos) -> tf.Tensor:
    """The torso diameter, diam(y) of DeepPose, sec. 3.

    Args:
        joints: float32 [..., joints, 2].
        labeled: bool [..., joints].
        torsos: pairs of joint indices, `Skeleton.torsos`; the first pair that
            is labeled counts.

    Returns:
        float32 [...] in the unit of `joints`; 0 where no pair is labeled.
    """
    joints = tf.convert_to_tensor(joints, tf.float32)
    labeled = tf.convert_to_tensor(labeled)
    result = tf.zeros_like(joints[..., 0, 0])
    for a, b in reversed(torsos):
        length = tf.norm(joints[..., a, :] - joints[..., b, :], axis=-1)
        both = tf.gather(labeled, a, axis=-1) & tf.gather(labeled, b, axis=-1)
        result = tf.where(both, length, result)
    return result


def predicted_diameter(joints, box, torsos) -> tf.Tensor:
    """diam(y) of predicted joints, which sizes the next stage's boxes.

    Args:
        joints: float32 [..., joints, 2], pixels.
        box: float32 [..., 4], the person's b0.
        torsos: `Skeleton.torsos`.

    Returns:
        float32 [...], pixels; at least a tenth of b0's longer side, since a
        predicted torso can shrink to a point.
    """
    every = tf.ones(tf.shape(joints)[:-1], tf.bool)
    found = diameter(joints, every, torsos)
    return tf.maximum(found, 0.1 * tf.reduce_max(box[..., 2:], -1))
