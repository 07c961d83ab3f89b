"""Record files -> batches: for stage 1, for stage s, for evaluation.

A training example is `(crop, joints, labeled)`: float32 [size, size, 3],
float32 [outputs, 2] in units of the crop's box, bool [outputs].
"""

import tensorflow as tf

from deeppose_tf.data import person_records
from deeppose_tf.data import shares
from deeppose_tf.data.dataset import Dataset
from deeppose_tf.examples import augment
from deeppose_tf.examples import example_sources
from deeppose_tf.examples import occlusions
from deeppose_tf.geometry import crops
from deeppose_tf.geometry import warps

AUTOTUNE = tf.data.AUTOTUNE


def pose_batches(
    data: Dataset,
    *,
    image_size: int,
    batch_size: int,
    augmentation: augment.Augmentation,
    seed: int,
    start_step: int = 0,
    shuffle_buffer: int = 8192,
    source: example_sources.Source = example_sources.ALONE,
) -> tf.data.Dataset:
    """Endless training batches of stage 1: person crops and whole poses.

    `batch_size` counts those of all processes, of which each gets its part.
    """
    start = start_step * batch_size
    people = source.people(data, seed, start, shuffle_buffer)
    return (
        _pose_examples(people, data, image_size, augmentation, seed)
        .apply(source.made)
        .batch(batch_size // source.processes, drop_remainder=True)
        .prefetch(AUTOTUNE)
    )


def held_out_poses(
    data: Dataset,
    split: str,
    *,
    image_size: int,
    batch_size: int,
    limit: int | None,
    share: shares.Share = shares.WHOLE,
) -> tf.data.Dataset:
    """Batches like `pose_batches`, of each held-out person once, as it is."""
    people = person_records.once(data, split, limit, share=share)
    return (
        _pose_examples(people, data, image_size, augment.NONE, seed=0)
        .batch(batch_size)
        .prefetch(AUTOTUNE)
    )


def _pose_examples(people, data, image_size, augmentation, seed):
    def to_example(index, serialized):
        person = person_records.decode(serialized, data.skeleton)
        return pose_example(
            person,
            tf.stack([seed, index]),
            image_size,
            augmentation,
            data.skeleton,
        )

    return people.map(to_example, num_parallel_calls=AUTOTUNE)


def pose_example(person, seed, image_size, augmentation, skeleton):
    """One augmented example of stage 1, of `person_records.decode`'s result."""
    *seeds, half_seed, erase_seed = augment.seeds(seed, 6)
    if augmentation.half_body:
        box, labeled = occlusions.half_body(
            person, half_seed, augmentation.half_body, skeleton
        )
        person = person | {"box": box, "labeled": labeled}
    crop, joints, labeled, _ = augmented(
        person, person["joints"], seeds, image_size, augmentation, skeleton
    )
    if augmentation.erase:
        crop = occlusions.erase(crop, erase_seed, augmentation.erase)
    return crop, joints, labeled


def augmented(person, points, seeds, image_size, augmentation, skeleton):
    """A person's crop, and points moved with it.

    Args:
        person: of `person_records.decode`.
        points: float32 [..., joints, 2], pixels.
        seeds: four, each int [2].
        image_size: side of the crop.
        augmentation: of box, angle, side and color.
        skeleton: of the joints.

    Returns:
        crop: float32 [size, size, 3].
        points: float32 [..., joints, 2], units of the box.
        labeled: bool [joints].
        box: float32 [4], what was cut out.
    """
    box_seed, turn_seed, flip_seed, color_seed = seeds
    box = augment.jitter(person["box"], box_seed, augmentation)
    view = warps.View(
        box[None],
        augment.angle(turn_seed, augmentation),
        augment.mirrored(flip_seed, 1, augmentation),
    )
    color = augment.recolor(color_seed, augmentation.color)
    crop = warps.warp(person["image"], view, image_size, color)[0]
    points = tf.reshape(warps.normalize(points, view), tf.shape(points))
    points, labeled = augment.flip_pose(
        points, person["labeled"], skeleton.mirror, view.mirrored[0]
    )
    return crop, points, labeled, box


def evaluation_batches(
    data: Dataset,
    split: str,
    *,
    batch_size: int,
    limit: int | None = None,
    share: shares.Share = shares.WHOLE,
) -> tf.data.Dataset:
    """Every person of a split once, in order; images padded to one size.

    Args:
        data: the data set.
        split: its name.
        batch_size: persons; the last batch may be smaller.
        limit: how many persons at most, None for all.
        share: of these persons, those of one process.

    Returns:
        Batches of `person_records.decode`'s dict.
    """
    padding = {
        "image": tf.constant(crops.FILL, tf.uint8),
        "person_id": "",
        "box": 0.0,
        "joints": 0.0,
        "labeled": False,
        "origin": 0.0,
        "factor": 0.0,
    }
    return (
        person_records.decoded(data, split, limit, share)
        .padded_batch(batch_size, padding_values=padding)
        .prefetch(AUTOTUNE)
    )
