"""Record files -> persons, one by one, and their mean pose."""

import numpy as np
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf.data import parsing
from deeppose_tf.data import shares
from deeppose_tf.data.dataset import Dataset
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import crops
from deeppose_tf.geometry import windows

AUTOTUNE = tf.data.AUTOTUNE


def undecoded(data: Dataset, split: str) -> tf.data.Dataset:
    """Every person of a split once, in order, as `parsing.decode` gives it."""
    num_joints = len(data.skeleton.joints)
    return tf.data.TFRecordDataset(list(data.split(split).files)).map(
        lambda serialized: parsing.decode(serialized, num_joints),
        num_parallel_calls=AUTOTUNE,
    )


def decoded(
    data: Dataset,
    split: str,
    limit: int | None = None,
    share: shares.Share = shares.WHOLE,
):
    """Persons of a split, each once, in order, decoded one by one."""
    return once(data, split, limit, share=share).map(
        lambda index, serialized: decode(serialized, data.skeleton),
        num_parallel_calls=AUTOTUNE,
    )


def decode(serialized: tf.Tensor, skeleton) -> dict[str, tf.Tensor]:
    """Decodes a record down to pixels.

    Returns:
        image: uint8 [h, w, 3], `crops.window` of the picture.
        box: float32 [4], joints: float32 [joints, 2], in that window's pixels.
        labeled: bool [joints].
        person_id: string [].
        origin: float32 [2], factor: float32 []; where the window lies.
    """
    person = parsing.decode(serialized, len(skeleton.joints))
    picture = crops.decode(person["image"])
    joints = boxes.denormalize(person["joints"], person["box"])
    image, origin, factor = windows.window(picture, person["box"])
    return {
        "image": image,
        "person_id": person["person_id"],
        "box": windows.box_into_window(person["box"], origin, factor),
        "joints": windows.into_window(joints, origin, factor),
        "labeled": person["labeled"],
        "origin": origin,
        "factor": factor,
    }


def once(data, split, limit, keep=None, share=shares.WHOLE):
    """(index, record) of the first `limit` persons of a split, in order.

    Args:
        data: the data set.
        split: its name.
        limit: how many persons at most, None for all.
        keep: from a record to whether it takes part; None for all.
        share: of these persons, those of one process.
    """
    people = tf.data.TFRecordDataset(list(data.split(split).files))
    people = people.take(-1 if limit is None else limit)
    if keep is not None:
        people = people.filter(keep)
    return people.enumerate().shard(share.of, share.index)


def endless(data, seed, start, shuffle_buffer, keep=None, share=shares.WHOLE):
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
        share: of several processes that train together, that of one. Where it
            is not by files, all of them together see what one process alone
            would see.
    """
    split = data.split("train")
    files, by_files = list(split.files), share.is_by_files(split.files)
    if by_files:
        files, start = share.part(files), start // share.of
    persons = split.persons
    if by_files or keep is not None:
        persons = count(data, files, keep)

    def epoch_of(epoch):
        kept = tf.data.TFRecordDataset(shuffled(files, seed, epoch))
        if keep is not None:
            kept = kept.filter(keep)
        return kept.shuffle(
            shuffle_buffer, seed=seed + epoch, reshuffle_each_iteration=False
        )

    first, offset = divmod(start, persons)
    epochs = tf.data.Dataset.counter(start=first)
    people = epochs.flat_map(epoch_of).skip(offset).enumerate(start=start)
    if not by_files:
        return people.shard(share.of, share.index)
    # The index seeds augmentation: no two processes have the same.
    return people.map(lambda i, record: (i * share.of + share.index, record))


def shuffled(files: list[str], seed: int, epoch: tf.Tensor) -> tf.Tensor:
    """The files in the order of an epoch, string [n]."""
    order = tf.stack([tf.cast(seed, tf.int64), epoch])
    return tf.random.experimental.stateless_shuffle(files, order)


def count(data: Dataset, files: list[str], keep=None) -> int:
    """How many training persons of record files take part.

    Args:
        data: the data set, for the message.
        files: of its training split.
        keep: see `endless`.

    Raises:
        InputError: nobody does.
    """
    people = tf.data.TFRecordDataset(files)
    if keep is not None:
        people = people.filter(keep)
    persons = int(people.reduce(np.int64(0), lambda n, _: n + 1))
    if not persons:
        raise errors.InputError(
            f"{data.path}: no training person has the labeled joints (and the "
            "torso, with --crops_from=gaussian) that this stage learns from"
        )
    return persons


def farthest(data: Dataset) -> tuple[str, float]:
    """The training person with a labeled joint farthest from its box's middle.

    Returns:
        Its id and the distance in box sides; infinite where a joint is not
        finite.
    """
    person, reach = "", 0.0
    for record in undecoded(data, "train"):
        away = tf.abs(tf.boolean_mask(record["joints"], record["labeled"]))
        away = tf.where(tf.math.is_finite(away), away, np.inf)
        if tf.size(away) and float(tf.reduce_max(away)) > reach:
            reach = float(tf.reduce_max(away))
            person = record["person_id"].numpy().decode()
    return person, reach


def mean_pose(data: Dataset) -> np.ndarray:
    """Mean of the labeled training joints, float32 [joints, 2], box units."""
    total, count = 0.0, 0
    files = list(data.split("train").files)
    for batch in tf.data.TFRecordDataset(files).batch(256).prefetch(2):
        joints, labeled = parsing.decode_joints(
            batch, len(data.skeleton.joints)
        )
        weight = labeled.numpy()[..., None]
        total += (joints.numpy() * weight).sum(axis=0)
        count += weight.sum(axis=0)
    return (total / np.maximum(count, 1)).astype(np.float32)
