"""Seeded draws of augmentation: shift, scale, rotation, flip, color.

Every function takes a seed (int [2]) and gives the same result for the same
seed, so a training that is stopped and resumed equals an unbroken one.
"""

import math

import tensorflow as tf

from deeppose_tf.examples.example_options import Augmentation
from deeppose_tf.geometry import warps

NONE = Augmentation(flip=False)


def seeds(seed: tf.Tensor, num: int) -> list[tf.Tensor]:
    """Splits a seed into `num` independent ones, each int [2]."""
    return tf.unstack(tf.random.split(seed, num))


def jitter(
    box: tf.Tensor, seed: tf.Tensor, augmentation: Augmentation
) -> tf.Tensor:
    """Shifts and scales boxes, [..., 4]."""
    shift_seed, scale_seed = seeds(seed, 2)
    leading = tf.shape(box)[:-1]
    shape = tf.concat([leading, [2]], 0)
    shift = tf.random.stateless_normal(
        shape, shift_seed, stddev=augmentation.shift
    )
    shape = tf.concat([leading, [1]], 0)
    log_scale = tf.random.stateless_normal(
        shape, scale_seed, stddev=augmentation.scale
    )
    center, size = box[..., :2], box[..., 2:]
    return tf.concat([center + shift * size, size * tf.exp(log_scale)], -1)


def angle(seed: tf.Tensor, augmentation: Augmentation) -> tf.Tensor:
    """Draws a turn, float32 [] in radians."""
    small_seed, any_seed, which_seed = seeds(seed, 3)
    small = tf.random.stateless_normal([], small_seed)
    full = tf.random.stateless_uniform([], any_seed, -math.pi, math.pi)
    turn_fully = (
        tf.random.stateless_uniform([], which_seed) < augmentation.any_rotation
    )
    return tf.where(
        turn_fully, full, small * math.radians(augmentation.rotation)
    )


def mirrored(seed: tf.Tensor, num: int, augmentation: Augmentation):
    """Draws which of `num` crops are mirrored, bool [num]."""
    return (tf.random.stateless_uniform([num], seed) < 0.5) & augmentation.flip


def flip_pose(joints, labeled, mirror, flipped):
    """Exchanges left and right joints where a crop is mirrored.

    Args:
        joints: float32 [..., joints, 2], of the crop.
        labeled: bool [joints].
        mirror: `Skeleton.mirror`.
        flipped: bool [].

    Returns:
        joints, labeled, in the same form.
    """
    order = tf.where(flipped, mirror, tf.range(len(mirror)))
    return tf.gather(joints, order, axis=-2), tf.gather(labeled, order)


def recolor(seed: tf.Tensor, strength: float) -> warps.Color:
    """Draws a change of brightness, contrast and tint."""
    gain_seed, offset_seed, tint_seed = seeds(seed, 3)
    gain = tf.exp(tf.random.stateless_normal([], gain_seed, stddev=strength))
    tint = tf.random.stateless_normal([3], tint_seed, stddev=strength / 3)
    offset = 127.5 * tf.random.stateless_normal(
        [], offset_seed, stddev=strength
    )
    gain *= tf.exp(tint)
    return warps.Color(gain, 127.5 * (1.0 - gain) + offset)
