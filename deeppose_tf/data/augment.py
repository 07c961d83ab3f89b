"""Seeded augmentation: shift, scale, rotation, flip, color.

Every function takes a seed (int [2]) and gives the same result for the same
seed, so a training that is stopped and resumed equals an unbroken one.
"""

import math

import tensorflow as tf

from deeppose_tf.data.example_options import Augmentation
from deeppose_tf.geometry import crops

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


def rotate(image, points, center, turn, side):
    """Turns the part of an image around a point, and points with it.

    Args:
        image: uint8 [height, width, 3].
        points: float32 [..., 2], (x, y) in pixels of the image.
        center: float32 [2], pixels.
        turn: float32 [], radians, clockwise as one sees the image.
        side: float32 [], of the square that is returned, pixels.

    Returns:
        image: uint8 [s, s, 3], s = ceil(side); `center` is in its middle.
        points: float32 [..., 2] in pixels of that image.
    """
    side = tf.cast(tf.math.ceil(side), tf.int32)
    middle = tf.cast(side, tf.float32) / 2.0
    cos, sin = tf.cos(turn), tf.sin(turn)
    # The kernel wants the way back, from the result's indices to the image's;
    # pixel centers lie half a pixel from the indices.
    x = cos * (0.5 - middle) + sin * (0.5 - middle) + center[0] - 0.5
    y = -sin * (0.5 - middle) + cos * (0.5 - middle) + center[1] - 0.5
    zero = tf.zeros([])
    turned = tf.raw_ops.ImageProjectiveTransformV3(
        images=image[None],
        transforms=tf.stack([cos, sin, x, -sin, cos, y, zero, zero])[None],
        output_shape=tf.stack([side, side]),
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
        fill_value=float(crops.FILL),
    )[0]
    turned.set_shape([None, None, 3])
    forth = tf.stack([tf.stack([cos, -sin]), tf.stack([sin, cos])])
    return turned, tf.linalg.matvec(forth, points - center) + middle


def flip_pose(crop, joints, labeled, mirror, seed):
    """Mirrors half of the crops; left and right joints swap.

    Args:
        crop: float32 [size, size, 3].
        joints: float32 [..., joints, 2], box units.
        labeled: bool [joints].
        mirror: `Skeleton.mirror`.
        seed: int [2].

    Returns:
        crop, joints, labeled, in the same form.
    """
    if tf.random.stateless_uniform([], seed) < 0.5:
        crop = crop[:, ::-1]
        joints = tf.gather(joints, mirror, axis=-2) * [-1.0, 1.0]
        labeled = tf.gather(labeled, mirror)
    return crop, joints, labeled


def recolor(crop: tf.Tensor, seed: tf.Tensor, strength: float) -> tf.Tensor:
    """Changes brightness, contrast and tint of a crop, values in [0, 255]."""
    gain_seed, offset_seed, tint_seed = seeds(seed, 3)
    gain = tf.exp(tf.random.stateless_normal([], gain_seed, stddev=strength))
    tint = tf.random.stateless_normal([3], tint_seed, stddev=strength / 3)
    offset = 127.5 * tf.random.stateless_normal(
        [], offset_seed, stddev=strength
    )
    crop = (crop - 127.5) * gain * tf.exp(tint) + 127.5 + offset
    return tf.clip_by_value(crop, 0.0, 255.0)
