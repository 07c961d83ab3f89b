"""Record files -> training batches of stage s: crops made on the fly.

Around a joint as the stage before (mis)places it, a box of side sigma * diam is
cut out; the network learns where in that box the true joint lies (DeepPose,
sec. 3.2). Examples have the form of `input_pipeline`.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from deeppose_tf import augment
from deeppose_tf import boxes
from deeppose_tf import crops
from deeppose_tf import displacements
from deeppose_tf import input_pipeline

# A source of starts: (person, seed) -> joints float32 [joints, 2] as the stage
# before would place them, and diameter float32 [], both in pixels.
Starts = Callable[
    [dict[str, tf.Tensor], tf.Tensor], tuple[tf.Tensor, tf.Tensor]
]


def gaussian_starts(statistics, skeleton) -> Starts:
    """The truth plus a displacement drawn from `statistics` (the paper's)."""

    def starts(person, seed):
        diameter = boxes.diameter(
            person["joints"], person["labeled"], skeleton.torsos
        )
        # As in serving, a short torso does not make tiny boxes.
        floor = 0.1 * tf.reduce_max(person["box"][2:])
        diameter = tf.where(diameter > 0, tf.maximum(diameter, floor), diameter)
        drawn = displacements.sample(statistics, seed)
        return person["joints"] + drawn * diameter, diameter

    return starts


def predicted_starts(person_ids, joints: np.ndarray, skeleton) -> Starts:
    """The stage before's own predictions on the training people.

    Args:
        person_ids: string [n].
        joints: float32 [n, joints, 2] in units of b0.
        skeleton: of the joints.
    """
    rows = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(
            tf.constant(person_ids), tf.range(len(person_ids))
        ),
        default_value=-1,
    )
    joints = tf.constant(joints, tf.float32)

    def starts(person, seed):
        del seed
        predicted = tf.gather(joints, rows.lookup(person["person_id"]))
        predicted = boxes.denormalize(predicted, person["box"])
        return predicted, boxes.predicted_diameter(
            predicted, person["box"], skeleton.torsos
        )

    return starts


def refinement_batches(
    data,
    starts: Starts,
    *,
    outputs: tuple[int, ...],
    sigma: float,
    image_size: int,
    batch_size: int,
    crops_per_person: int,
    targets: str = "own",
    how: augment.Augmentation,
    seed: int,
    start_step: int = 0,
    shuffle_buffer: int = 8192,
) -> tf.data.Dataset:
    """Endless training batches of a refinement stage.

    Args:
        data: the data set.
        starts: where the stage before puts the joints.
        outputs: indices of the joints that the network predicts.
        sigma: side of a crop's box in diameters.
        image_size: side of the crops in pixels.
        batch_size: crops; a multiple of crops_per_person.
        crops_per_person: crops cut from one decoded picture.
        targets: "own", only the joint that a crop was made for, as in the
            paper, or "all" joints that lie in the crop.
        how: the augmentation.
        seed: of the run.
        start_step: batches that an earlier part of the run has consumed.
        shuffle_buffer: persons.
    """
    skeleton = data.skeleton

    def to_examples(index, serialized):
        person = input_pipeline.decode_person(serialized, skeleton)
        return refinement_examples(
            person,
            starts,
            tf.stack([seed, index]),
            outputs=outputs,
            sigma=sigma,
            image_size=image_size,
            num_crops=crops_per_person,
            targets=targets,
            how=how,
            skeleton=skeleton,
        )

    persons_per_batch = batch_size // crops_per_person
    return (
        input_pipeline.endless_persons(
            data, seed, start_step * persons_per_batch, shuffle_buffer
        )
        .map(to_examples, num_parallel_calls=tf.data.AUTOTUNE)
        .batch(persons_per_batch, drop_remainder=True)
        .map(_merge_persons_and_crops)
        .prefetch(tf.data.AUTOTUNE)
    )


def _merge_persons_and_crops(*examples):
    return tuple(
        tf.reshape(x, tf.concat([[-1], tf.shape(x)[2:]], 0)) for x in examples
    )


def refinement_examples(
    person,
    starts,
    seed,
    *,
    outputs,
    sigma,
    image_size,
    num_crops,
    targets,
    how,
    skeleton,
):
    """Several augmented crops of one person, with their targets.

    The picture is decoded once and turned once. Each crop then draws whether it
    will be mirrored, and which joint it is for among those that are labeled. A
    mirrored crop for joint t is cut around the mirror of t.

    Returns:
        crop: float32 [num_crops, size, size, 3].
        joints: float32 [num_crops, outputs, 2] in units of the crop's box.
        labeled: bool [num_crops, outputs], what is to be learned of a crop;
            nothing where the person has no torso.
    """
    start_seed, turn_seed, flip_seed, pick_seed, box_seed, color_seed = (
        augment.seeds(seed, 6)
    )
    start, diameter = starts(person, start_seed)
    image, joints, start = _turned(person, start, turn_seed, how)
    flipped = tf.random.stateless_uniform([num_crops], flip_seed) < 0.5
    flipped &= how.flip
    sources = tf.where(
        flipped[:, None],
        tf.gather(skeleton.mirror, outputs),
        tf.constant(outputs),
    )
    labeled = tf.gather(person["labeled"], sources) & (diameter > 0)
    own = _pick(labeled, pick_seed)
    side = sigma * tf.maximum(diameter, 1.0)
    center = tf.gather(start, tf.gather(sources, own, batch_dims=1))
    box = augment.jitter(boxes.around(center, side), box_seed, how)
    crop = crops.cut(image[None], box[None], image_size)[0]
    crop = tf.where(flipped[:, None, None, None], crop[:, :, ::-1], crop)
    if how.color:
        crop = augment.recolor(crop, color_seed, how.color)
    joints = boxes.normalize(tf.gather(joints, sources), box)
    mirrored = flipped[:, None, None]
    joints = tf.where(mirrored, joints * [-1.0, 1.0], joints)
    wanted = tf.one_hot(own, len(outputs), True, False, dtype=tf.bool)
    if targets == "all":
        wanted |= tf.reduce_max(tf.abs(joints), axis=-1) < 0.5
    return crop, joints, wanted & labeled


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
