"""Record files -> training batches of a pooled refiner.

An example is `((crop, boxes), joints, labeled)`: a person's crop float32
[size, size, 3], refinement boxes of all joints float32 [joints, 4] in its
units, and the true joints, each in units of its own box.
"""

import dataclasses

import tensorflow as tf

from deeppose_tf.data import person_records
from deeppose_tf.data import shares
from deeppose_tf.examples import augment
from deeppose_tf.examples import example_sources
from deeppose_tf.examples import input_pipeline
from deeppose_tf.examples import occlusions
from deeppose_tf.examples import refinement_pipeline
from deeppose_tf.examples.crop_centers import CropCenters


@dataclasses.dataclass(frozen=True)
class Look:
    """How a person becomes an example.

    Attributes:
        sigma: side of a joint's box in diameters.
        image_size: side of the person's crop in pixels.
        augmentation: of the person's crop; shift and scale also of each joint's
            box.
    """

    sigma: float
    image_size: int
    augmentation: augment.Augmentation


def pooled_batches(
    data,
    centers: CropCenters,
    look: Look,
    *,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    shuffle_buffer: int = 8192,
    source: example_sources.Source = example_sources.ALONE,
) -> tf.data.Dataset:
    """Endless training batches.

    Args:
        data: the data set.
        centers: where the stage before puts the joints.
        look: how a person becomes an example.
        batch_size: people.
        seed: of the run.
        start_step: batches that an earlier part of the run has consumed.
        shuffle_buffer: people.
        source: makes the examples; each process gets its part of a batch.
    """
    people = source.people(
        data,
        seed,
        start_step * batch_size,
        shuffle_buffer,
        keep=_teaching(data, centers),
    )
    return (
        _examples(people, centers, look, data.skeleton, seed)
        .apply(source.made)
        .batch(batch_size // source.processes, drop_remainder=True)
        .prefetch(tf.data.AUTOTUNE)
    )


def held_out(
    data,
    split: str,
    centers: CropCenters,
    look: Look,
    *,
    batch_size: int,
    limit: int | None,
    share: shares.Share = shares.WHOLE,
) -> tf.data.Dataset:
    """Batches like `pooled_batches`, of each held-out person once, as it is."""
    people = person_records.once(
        data, split, limit, keep=_teaching(data, centers), share=share
    )
    plain = dataclasses.replace(look, augmentation=augment.NONE)
    return (
        _examples(people, centers, plain, data.skeleton, seed=0)
        .batch(batch_size)
        .prefetch(tf.data.AUTOTUNE)
    )


def _teaching(data, centers):
    every = range(len(data.skeleton.joints))
    return refinement_pipeline.teaching(centers, tuple(every), data.skeleton)


def _examples(people, centers, look, skeleton, seed):
    def to_example(index, serialized):
        person = person_records.decode(serialized, skeleton)
        return example(person, centers, tf.stack([seed, index]), look, skeleton)

    return people.map(to_example, num_parallel_calls=tf.data.AUTOTUNE)


def example(person, centers: CropCenters, seed, look: Look, skeleton):
    """One augmented example, of `person_records.decode`'s result."""
    start_seed, jitter_seed, erase_seed, *seeds = augment.seeds(seed, 7)
    augmentation = look.augmentation
    start, diameter = centers.locate(person, start_seed)
    crop, points, labeled, box = input_pipeline.augmented(
        person,
        tf.stack([person["joints"], start]),
        seeds,
        look.image_size,
        augmentation,
        skeleton,
    )
    truth, start = tf.unstack(points)
    # Where a joint has no label, a simulated start may be anything.
    start = tf.where(labeled[:, None], start, 0.0)
    sides = tf.broadcast_to(look.sigma * diameter / box[2:], tf.shape(start))
    around = augment.jitter(
        tf.concat([start, sides], axis=-1), jitter_seed, augmentation
    )
    if augmentation.erase:
        crop = occlusions.erase(crop, erase_seed, augmentation.erase)
    joints = (truth - around[:, :2]) / around[:, 2:]
    return (crop, around), joints, labeled
