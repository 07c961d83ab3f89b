"""One person -> training crops of stage s.

Around a joint as the stage before (mis)places it, a box of side sigma * diam is
cut out; the network learns where in that box the true joint lies (DeepPose,
sec. 3.2).
"""

import dataclasses

import tensorflow as tf

from deeppose_tf.data import augment
from deeppose_tf.data import occlusions
from deeppose_tf.data.crop_centers import Starts
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import crops


@dataclasses.dataclass(frozen=True)
class Cropping:
    """How a person becomes crops.

    Attributes:
        outputs: indices of the joints that the network predicts.
        sigma: side of a crop's box in diameters.
        image_size: side of the crops in pixels.
        crops_per_person: crops cut from one decoded picture.
        targets: "own", only the joint that a crop was made for, as in the
            paper, or "all" joints that lie in the crop.
        how: the augmentation.
    """

    outputs: tuple[int, ...]
    sigma: float
    image_size: int
    crops_per_person: int = 4
    targets: str = "own"
    how: augment.Augmentation = augment.Augmentation()


def cut(person, starts: Starts, seed, cropping: Cropping, skeleton):
    """Several augmented crops of one person, with their targets.

    The picture is decoded once and turned once. Each crop then draws whether it
    will be mirrored, and which joint it is for among those that are labeled. A
    mirrored crop for joint t is cut around the mirror of t.

    Returns:
        crop: float32 [crops, size, size, 3].
        joints: float32 [crops, outputs, 2] in units of the crop's box.
        labeled: bool [crops, outputs], what is to be learned of a crop; nothing
            where no joint of it is labeled.
    """
    start_seed, turn_seed, flip_seed, pick_seed, box_seed, *looks = (
        augment.seeds(seed, 7)
    )
    how = cropping.how
    start, diameter = starts.place(person, start_seed)
    image, joints, start = _turned(person, start, turn_seed, how)
    flipped = _draw_flips(cropping, flip_seed)
    sources = tf.where(
        flipped[:, None],
        tf.gather(skeleton.mirror, cropping.outputs),
        tf.constant(cropping.outputs),
    )
    labeled = tf.gather(person["labeled"], sources)
    own = _pick(labeled, pick_seed)
    center = tf.gather(start, tf.gather(sources, own, batch_dims=1))
    box = crops.boxes_around(center, cropping.sigma * diameter)
    box = augment.jitter(box, box_seed, how)
    crop = crops.cut(image[None], box[None], cropping.image_size)[0]
    crop = tf.where(flipped[:, None, None, None], crop[:, :, ::-1], crop)
    crop = _repainted(crop, looks, how)
    joints = boxes.normalize(tf.gather(joints, sources), box)
    mirrored = flipped[:, None, None]
    joints = tf.where(mirrored, joints * [-1.0, 1.0], joints)
    wanted = _wanted(joints, own, cropping)
    return crop, joints, wanted & labeled


def _repainted(crop, seeds, how):
    if how.color:
        crop = augment.recolor(crop, seeds[0], how.color)
    if how.erase:
        crop = occlusions.erase(crop, seeds[1], how.erase)
    return crop


def _draw_flips(cropping, seed):
    drawn = tf.random.stateless_uniform([cropping.crops_per_person], seed)
    return (drawn < 0.5) & cropping.how.flip


def _wanted(joints, own, cropping):
    """Which targets a crop teaches, bool [crops, outputs]."""
    wanted = tf.one_hot(own, len(cropping.outputs), True, False, dtype=tf.bool)
    if cropping.targets == "all":
        wanted |= tf.reduce_max(tf.abs(joints), axis=-1) < 0.5
    return wanted


def _turned(person, start, seed, how):
    if not (how.rotation or how.any_rotation):
        return person["image"], person["joints"], start
    box = person["box"]
    both = tf.stack([person["joints"], start])
    # A turned box reaches sqrt(2) as far, and crops reach past it.
    side = 2.5 * tf.reduce_max(box[2:])
    turn = augment.angle(seed, how)
    image, both = augment.rotate(person["image"], both, box[:2], turn, side)
    return image, both[0], both[1]


def _pick(labeled, seed):
    """Draws a position for each row of bool [crops, outputs], a True one.

    Where a row has no True, any position: nothing in it counts then.
    """
    noise = tf.random.stateless_uniform(tf.shape(labeled), seed)
    return tf.argmax(noise + tf.cast(labeled, tf.float32), axis=-1)
