"""One person -> training crops of stage s.

Around a joint as the stage before (mis)places it, a box of side sigma * diam is
cut out; the network learns where in that box the true joint lies (DeepPose,
sec. 3.2).
"""

import dataclasses

import tensorflow as tf

from deeppose_tf.data import augment
from deeppose_tf.data import occlusions
from deeppose_tf.data.crop_centers import CropCenters
from deeppose_tf.data.example_options import ExampleOptions
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import crops


@dataclasses.dataclass(frozen=True)
class Cropping:
    """How a person becomes crops.

    Attributes:
        outputs: indices of the joints that the network predicts.
        sigma: side of a crop's box in diameters.
        image_size: side of the crops in pixels.
        options: how many crops, which joints they teach, their augmentation.
    """

    outputs: tuple[int, ...]
    sigma: float
    image_size: int
    options: ExampleOptions


def cut(person, centers: CropCenters, seed, cropping: Cropping, skeleton):
    """Several augmented crops of one person, with their targets.

    The picture is decoded once and rotated once. For each crop it is drawn
    whether it is mirrored, and for which of the labeled joints it is. A
    mirrored crop for joint t is cut around the mirror of t.

    Returns:
        crop: float32 [crops, size, size, 3].
        joints: float32 [crops, outputs, 2] in units of the crop's box.
        labeled: bool [crops, outputs], the joints that a crop teaches; none
            if no joint of it is labeled.
    """
    start_seed, turn_seed, flip_seed, pick_seed, box_seed, *look_seeds = (
        augment.seeds(seed, 7)
    )
    augmentation = cropping.options.augmentation
    start, diameter = centers.locate(person, start_seed)
    image, joints, start = _rotated(person, start, turn_seed, augmentation)
    flipped = _draw_flips(cropping, flip_seed)
    sources = tf.where(
        flipped[:, None],
        tf.gather(skeleton.mirror, cropping.outputs),
        tf.constant(cropping.outputs),
    )
    labeled = tf.gather(person["labeled"], sources)
    chosen = _pick(labeled, pick_seed)
    center = tf.gather(start, tf.gather(sources, chosen, batch_dims=1))
    box = crops.boxes_around(center, cropping.sigma * diameter)
    box = augment.jitter(box, box_seed, augmentation)
    crop = crops.cut(image[None], box[None], cropping.image_size)[0]
    crop = tf.where(flipped[:, None, None, None], crop[:, :, ::-1], crop)
    crop = _repainted(crop, look_seeds, augmentation)
    joints = boxes.normalize(tf.gather(joints, sources), box)
    mirrored = flipped[:, None, None]
    joints = tf.where(mirrored, joints * [-1.0, 1.0], joints)
    wanted = _wanted(joints, chosen, cropping)
    return crop, joints, wanted & labeled


def _repainted(crop, seeds, augmentation):
    if augmentation.color:
        crop = augment.recolor(crop, seeds[0], augmentation.color)
    if augmentation.erase:
        crop = occlusions.erase(crop, seeds[1], augmentation.erase)
    return crop


def _draw_flips(cropping, seed):
    options = cropping.options
    drawn = tf.random.stateless_uniform([options.crops_per_person], seed)
    return (drawn < 0.5) & options.augmentation.flip


def _wanted(joints, chosen, cropping):
    """Which targets a crop teaches, bool [crops, outputs]."""
    wanted = tf.one_hot(
        chosen, len(cropping.outputs), True, False, dtype=tf.bool
    )
    if cropping.options.targets == "all":
        wanted |= tf.reduce_max(tf.abs(joints), axis=-1) < 0.5
    return wanted


def _rotated(person, start, seed, augmentation):
    if not (augmentation.rotation or augmentation.any_rotation):
        return person["image"], person["joints"], start
    box = person["box"]
    both = tf.stack([person["joints"], start])
    # A rotated box reaches sqrt(2) as far, and crops reach past it.
    side = 2.5 * tf.reduce_max(box[2:])
    turn = augment.angle(seed, augmentation)
    image, both = augment.rotate(person["image"], both, box[:2], turn, side)
    return image, both[0], both[1]


def _pick(labeled, seed):
    """Draws a labeled joint for each row of bool [crops, outputs].

    In a row without any, it is any joint: none of them counts then.
    """
    noise = tf.random.stateless_uniform(tf.shape(labeled), seed)
    return tf.argmax(noise + tf.cast(labeled, tf.float32), axis=-1)
