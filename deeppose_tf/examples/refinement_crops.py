"""One person -> training crops of stage s.

Around a joint as the stage before (mis)places it, a box of side sigma * diam is
cut out; the network learns where in that box the true joint lies (DeepPose,
sec. 3.2).
"""

import dataclasses

import tensorflow as tf

from deeppose_tf.examples import augment
from deeppose_tf.examples import occlusions
from deeppose_tf.examples.crop_centers import CropCenters
from deeppose_tf.examples.example_options import ExampleOptions
from deeppose_tf.geometry import crops
from deeppose_tf.geometry import warps


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

    The picture is decoded once and turned by one angle. For each crop it is
    drawn whether it is mirrored, and for which of the labeled joints it is. A
    mirrored crop for joint t is cut around the mirror of t.

    Returns:
        crop: float32 [crops, size, size, 3].
        joints: float32 [crops, outputs, 2] in units of the crop's box.
        labeled: bool [crops, outputs], the joints that a crop teaches; none
            if no joint of it is labeled.
    """
    seeds = augment.seeds(seed, 7)
    start_seed, turn_seed, flip_seed, pick_seed, box_seed = seeds[:5]
    color_seed, erase_seed = seeds[5:]
    augmentation = cropping.options.augmentation
    start, diameter = centers.locate(person, start_seed)
    flipped = augment.mirrored(
        flip_seed, cropping.options.crops_per_person, augmentation
    )
    sources = tf.where(
        flipped[:, None],
        tf.gather(skeleton.mirror, cropping.outputs),
        tf.constant(cropping.outputs),
    )
    labeled = tf.gather(person["labeled"], sources)
    chosen = _pick(labeled, pick_seed)
    center = tf.gather(start, tf.gather(sources, chosen, batch_dims=1))
    box = crops.boxes_around(center, cropping.sigma * diameter)
    view = warps.View(
        augment.jitter(box, box_seed, augmentation),
        augment.angle(turn_seed, augmentation),
        flipped,
    )
    color = augment.recolor(color_seed, augmentation.color)
    crop = warps.warp(person["image"], view, cropping.image_size, color)
    if augmentation.erase:
        crop = occlusions.erase(crop, erase_seed, augmentation.erase)
    joints = warps.normalize(tf.gather(person["joints"], sources), view)
    wanted = _wanted(joints, chosen, cropping)
    return crop, joints, wanted & labeled


def _wanted(joints, chosen, cropping):
    """Which targets a crop teaches, bool [crops, outputs]."""
    wanted = tf.one_hot(
        chosen, len(cropping.outputs), True, False, dtype=tf.bool
    )
    if cropping.options.targets == "all":
        wanted |= tf.reduce_max(tf.abs(joints), axis=-1) < 0.5
    return wanted


def _pick(labeled, seed):
    """Draws a labeled joint for each row of bool [crops, outputs].

    In a row without any, it is any joint: none of them counts then.
    """
    noise = tf.random.stateless_uniform(tf.shape(labeled), seed)
    return tf.argmax(noise + tf.cast(labeled, tf.float32), axis=-1)
