"""Record files -> batches: for stage 1, for stage s, for evaluation.

A training example is `(crop, joints, labeled)`: float32 [size, size, 3],
float32 [outputs, 2] in units of the crop's box, bool [outputs].
"""

import numpy as np
import tensorflow as tf

from deeppose_tf import augment
from deeppose_tf import boxes
from deeppose_tf import crops
from deeppose_tf import errors
from deeppose_tf import records
from deeppose_tf.dataset import Dataset

AUTOTUNE = tf.data.AUTOTUNE


def pose_batches(
    data: Dataset,
    *,
    image_size: int,
    batch_size: int,
    how: augment.Augmentation,
    seed: int,
    start_step: int = 0,
    shuffle_buffer: int = 8192,
) -> tf.data.Dataset:
    """Endless training batches of stage 1: person crops and whole poses."""
    start = start_step * batch_size
    people = endless_persons(data, seed, start, shuffle_buffer)
    return (
        _pose_examples(people, data, image_size, how, seed)
        .batch(batch_size, drop_remainder=True)
        .prefetch(AUTOTUNE)
    )


def held_out_poses(
    data: Dataset,
    split: str,
    *,
    image_size: int,
    batch_size: int,
    limit: int | None,
) -> tf.data.Dataset:
    """Batches like `pose_batches`, of each held-out person once, as it is."""
    people = some_persons(data, split, limit)
    how = augment.Augmentation()
    return (
        _pose_examples(people, data, image_size, how, seed=0)
        .batch(batch_size)
        .prefetch(AUTOTUNE)
    )


def _pose_examples(people, data, image_size, how, seed):
    def to_example(index, serialized):
        person = decode_person(serialized, data.skeleton)
        return pose_example(
            person, tf.stack([seed, index]), image_size, how, data.skeleton
        )

    return people.map(to_example, num_parallel_calls=AUTOTUNE)


def pose_example(person, seed, image_size, how, skeleton):
    """One augmented example of stage 1 out of `decode_person`'s result."""
    box_seed, turn_seed, flip_seed, color_seed = augment.seeds(seed, 4)
    box = augment.jitter(person["box"], box_seed, how)
    image, joints = person["image"], person["joints"]
    if how.rotation or how.any_rotation:
        turn = augment.angle(turn_seed, how)
        side = tf.reduce_max(box[2:])
        image, joints = augment.rotate(image, joints, box[:2], turn, side)
        middle = tf.cast(tf.shape(image)[:2], tf.float32) / 2.0
        box = tf.concat([middle, box[2:]], -1)
    crop = crops.cut(image[None], box[None, None], image_size)[0, 0]
    joints, labeled = boxes.normalize(joints, box), person["labeled"]
    if how.flip:
        crop, joints, labeled = augment.flip_pose(
            crop, joints, labeled, skeleton.mirror, flip_seed
        )
    if how.color:
        crop = augment.recolor(crop, color_seed, how.color)
    return crop, joints, labeled


def undecoded(data: Dataset, split: str) -> tf.data.Dataset:
    """Every person of a split once, in order, as `records.decode` gives it."""
    num_joints = len(data.skeleton.joints)
    return tf.data.TFRecordDataset(list(data.split(split).files)).map(
        lambda serialized: records.decode(serialized, num_joints),
        num_parallel_calls=AUTOTUNE,
    )


def persons(data: Dataset, split: str):
    """Every person of a split once, in order, decoded one by one."""
    files = list(data.split(split).files)
    return tf.data.TFRecordDataset(files).map(
        lambda serialized: decode_person(serialized, data.skeleton),
        num_parallel_calls=AUTOTUNE,
    )


def evaluation_batches(
    data: Dataset, split: str, *, batch_size: int, limit: int | None = None
) -> tf.data.Dataset:
    """Every person of a split once, in order; images padded to one size.

    Args:
        data: the data set.
        split: its name.
        batch_size: persons; the last batch may be smaller.
        limit: how many persons at most, None for all.

    Returns:
        Batches of `decode_person`'s dict.
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
        persons(data, split)
        .take(-1 if limit is None else limit)
        .padded_batch(batch_size, padding_values=padding)
        .prefetch(AUTOTUNE)
    )


def decode_person(serialized: tf.Tensor, skeleton) -> dict[str, tf.Tensor]:
    """Decodes a record down to pixels.

    Returns:
        image: uint8 [h, w, 3], `crops.window` of the picture.
        box: float32 [4], joints: float32 [joints, 2], in that window's pixels.
        labeled: bool [joints].
        person_id: string [].
        origin: float32 [2], factor: float32 []; where the window lies.
    """
    person = records.decode(serialized, len(skeleton.joints))
    picture = crops.decode(person["image"])
    joints = boxes.denormalize(person["joints"], person["box"])
    image, origin, factor = crops.window(picture, person["box"])
    return {
        "image": image,
        "person_id": person["person_id"],
        "box": crops.box_into_window(person["box"], origin, factor),
        "joints": crops.into_window(joints, origin, factor),
        "labeled": person["labeled"],
        "origin": origin,
        "factor": factor,
    }


def some_persons(data, split, limit, keep=None):
    """(index, record) of the first `limit` persons of a split, in order.

    Args:
        data: the data set.
        split: its name.
        limit: how many persons at most, None for all.
        keep: from a record to whether it takes part; None for all.
    """
    found = tf.data.TFRecordDataset(list(data.split(split).files))
    found = found.take(-1 if limit is None else limit)
    if keep is not None:
        found = found.filter(keep)
    return found.enumerate()


def endless_persons(data, seed, start, shuffle_buffer, keep=None):
    """(index, record) from the `start`-th on; each epoch has its own order.

    Every person is seen once before any is seen again, and an order depends on
    nothing but the seed and the epoch, so a resumed training goes on with the
    persons that an unbroken one would see.

    Args:
        data: the data set; its training split is read.
        seed: of the run.
        start: how many persons an earlier part of the run has consumed.
        shuffle_buffer: persons to shuffle among.
        keep: from a record to whether it takes part; None for all.
    """
    split = data.split("train")
    files = list(split.files)
    count = split.persons if keep is None else _count(data, files, keep)

    def epoch_of(epoch):
        order = tf.stack([tf.cast(seed, tf.int64), epoch])
        shuffled = tf.random.experimental.stateless_shuffle(files, order)
        kept = tf.data.TFRecordDataset(shuffled)
        if keep is not None:
            kept = kept.filter(keep)
        return kept.shuffle(
            shuffle_buffer, seed=seed + epoch, reshuffle_each_iteration=False
        )

    first, offset = divmod(start, count)
    epochs = tf.data.Dataset.counter(start=first)
    return epochs.flat_map(epoch_of).skip(offset).enumerate(start=start)


def _count(data, files, keep):
    found = tf.data.TFRecordDataset(files).filter(keep)
    count = int(found.reduce(np.int64(0), lambda n, _: n + 1))
    if not count:
        raise errors.InputError(
            f"{data.path}: no training person has the labeled joints (and the "
            "torso, with --crops_from=gaussian) that this stage learns from"
        )
    return count
