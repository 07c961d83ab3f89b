"""Seeded augmentation that hides parts of people; see `augment`."""

import tensorflow as tf

from deeppose_tf.examples import augment

_LEGS = ("hip", "knee", "ankle", "pelvis")
# Fewer joints say little about a pose.
_FEWEST = 4


def erase(crop: tf.Tensor, seed: tf.Tensor, share: float) -> tf.Tensor:
    """Paints a rectangle of one color over a share of the crops.

    Zhong et al., Random Erasing Data Augmentation, AAAI 2020: its sides are
    drawn from 10% to 45% of the crop's.

    Args:
        crop: float32 [..., size, size, 3], values in [0, 255].
        seed: int [2].
        share: of the crops that are painted over.
    """
    which_seed, place_seed, side_seed, color_seed = augment.seeds(seed, 4)
    leading = tf.shape(crop)[:-3]

    def draw(seed, num, low, high):
        shape = tf.concat([leading, [1, 1, num]], 0)
        return tf.random.stateless_uniform(shape, seed, low, high)

    center, side = draw(place_seed, 2, 0.0, 1.0), draw(side_seed, 2, 0.1, 0.45)
    cells = (tf.range(crop.shape[-2], dtype=tf.float32) + 0.5) / crop.shape[-2]
    grid = tf.stack(tf.meshgrid(cells, cells), axis=-1)
    inside = tf.reduce_all(tf.abs(grid - center) < side / 2, -1, keepdims=True)
    erased = inside & (draw(which_seed, 1, 0.0, 1.0) < share)
    return tf.where(erased, draw(color_seed, 3, 0.0, 255.0), crop)


def half_body(person, seed, share, skeleton):
    """Crops a share of the people to their upper or lower half.

    Args:
        person: `person_records.decode`'s dict.
        seed: int [2].
        share: of the people; those with few labeled joints in the half that
            is drawn are left as they are.
        skeleton: of the joints.

    Returns:
        box: float32 [4], the person's b0, or a square around a half, with the
            margin that b0 has around the person.
        labeled: bool [joints]; of a half, only the joints inside its box.
    """
    box, joints, labeled = person["box"], person["joints"], person["labeled"]
    legs = tf.constant([name.endswith(_LEGS) for name in skeleton.joints])
    which_seed, half_seed = augment.seeds(seed, 2)
    lower = tf.random.stateless_uniform([], half_seed) < 0.5
    in_half = labeled & (legs == lower)
    center, size = _extent(joints, in_half)
    _, body_size = _extent(joints, labeled)
    side = size / tf.maximum(body_size, 1.0) * tf.reduce_max(box[2:])
    half = tf.stack([center[0], center[1], side, side])
    inside = tf.reduce_all(tf.abs(joints - center) < side / 2, axis=-1)
    enough = tf.reduce_sum(tf.cast(in_half, tf.int32)) >= _FEWEST
    # A half that is too small would be a blur.
    seen = side > 0.25 * tf.reduce_max(box[2:])
    drawn = tf.random.stateless_uniform([], which_seed) < share
    if drawn & enough & seen:
        box, labeled = half, labeled & inside
    return box, labeled


def _extent(joints, chosen):
    """Center and longer side of the box around the chosen joints."""
    far = tf.float32.max
    low = tf.reduce_min(tf.where(chosen[:, None], joints, far), axis=0)
    high = tf.reduce_max(tf.where(chosen[:, None], joints, -far), axis=0)
    return (low + high) / 2, tf.reduce_max(high - low)
