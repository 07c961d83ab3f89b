"""Record files -> training batches of stage s; see `refinement_crops`.

Examples have the form of `input_pipeline`.
"""

import dataclasses

import tensorflow as tf

from deeppose_tf.data import parsing
from deeppose_tf.data import person_records
from deeppose_tf.data import shares
from deeppose_tf.examples import augment
from deeppose_tf.examples import example_sources
from deeppose_tf.examples import refinement_crops
from deeppose_tf.examples.crop_centers import CropCenters


def refinement_batches(
    data,
    centers: CropCenters,
    cropping: refinement_crops.Cropping,
    *,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    shuffle_buffer: int = 8192,
    source: example_sources.Source = example_sources.ALONE,
) -> tf.data.Dataset:
    """Endless training batches of a refinement stage.

    Args:
        data: the data set.
        centers: where the stage before puts the joints.
        cropping: how a person becomes crops.
        batch_size: crops; a multiple of crops_per_person.
        seed: of the run.
        start_step: batches that an earlier part of the run has consumed.
        shuffle_buffer: persons.
        source: makes the examples; each process gets its part of a batch.
    """
    persons_per_batch = batch_size // cropping.options.crops_per_person
    people = source.people(
        data,
        seed,
        start_step * persons_per_batch,
        shuffle_buffer,
        keep=teaching(centers, cropping.outputs, data.skeleton),
    )
    return (
        _examples(people, centers, cropping, data.skeleton, seed)
        .apply(source.made)
        .batch(persons_per_batch // source.processes, drop_remainder=True)
        .map(_merge_persons_and_crops)
        .prefetch(tf.data.AUTOTUNE)
    )


def held_out_crops(
    data,
    split: str,
    centers: CropCenters,
    cropping: refinement_crops.Cropping,
    *,
    batch_size: int,
    limit: int | None,
    share: shares.Share = shares.WHOLE,
) -> tf.data.Dataset:
    """Batches like `refinement_batches`, of each held-out person once.

    There is no augmentation. People without a joint to learn are left out. The
    joints that crops are for are drawn, but the same in every evaluation.
    """
    people = person_records.once(
        data,
        split,
        limit,
        keep=teaching(centers, cropping.outputs, data.skeleton),
        share=share,
    )
    options = dataclasses.replace(cropping.options, augmentation=augment.NONE)
    plain = dataclasses.replace(cropping, options=options)
    return (
        _examples(people, centers, plain, data.skeleton, seed=0)
        .batch(max(1, batch_size // cropping.options.crops_per_person))
        .map(_merge_persons_and_crops)
        .prefetch(tf.data.AUTOTUNE)
    )


def _examples(people, centers, cropping, skeleton, seed):
    def to_examples(index, serialized):
        person = person_records.decode(serialized, skeleton)
        return refinement_crops.cut(
            person, centers, tf.stack([seed, index]), cropping, skeleton
        )

    return people.map(to_examples, num_parallel_calls=tf.data.AUTOTUNE)


def teaching(centers, outputs, skeleton):
    """A filter: records with a joint to learn, and the torso that centers need.

    Args:
        centers: where the stage before puts the joints.
        outputs: indices of the joints that the network predicts.
        skeleton: of the joints.
    """

    def keep(serialized):
        labeled = parsing.decode(serialized, len(skeleton.joints))["labeled"]
        torso = [
            tf.reduce_all(tf.gather(labeled, pair)) for pair in skeleton.torsos
        ]
        to_learn = tf.reduce_any(tf.gather(labeled, outputs))
        return to_learn & (tf.reduce_any(torso) | (not centers.need_torso))

    return keep


def _merge_persons_and_crops(*examples):
    return tuple(
        tf.reshape(x, tf.concat([[-1], tf.shape(x)[2:]], 0)) for x in examples
    )
