import itertools

import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf.data import dataset
from deeppose_tf.data import person_records
from deeppose_tf.examples import augment
from deeppose_tf.examples import input_pipeline
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import crops

PLAIN = augment.NONE
FULL = augment.Augmentation(
    flip=True, shift=0.1, scale=0.1, rotation=20, any_rotation=0.2, color=0.1
)


@pytest.fixture(autouse=True)
def global_seed():
    tf.random.set_seed(1)


@pytest.fixture
def data(records_dir):
    return dataset.load(str(records_dir))


def batches(data, count, **augmentation):
    augmentation = (
        dict(image_size=32, batch_size=4, augmentation=FULL, seed=3)
        | augmentation
    )
    found = input_pipeline.pose_batches(data, **augmentation)
    return [
        [part.numpy() for part in batch]
        for batch in itertools.islice(found, count)
    ]


def ids_in_order(data, count, seed=3, start=0):
    found = person_records.endless(data, seed, start, 100)
    decoded = (
        person_records.decode(serialized, data.skeleton)
        for _, serialized in itertools.islice(found, count)
    )
    return [person["person_id"].numpy() for person in decoded]


def test_every_person_once_before_any_twice_and_epochs_differ(data):
    n = data.splits["train"].persons
    ids = ids_in_order(data, 2 * n)
    first, second = ids[:n], ids[n:]
    assert len(set(first)) == n
    assert set(first) == set(second)
    assert first != second


def test_order_starts_anywhere_without_changing(data):
    n = data.splits["train"].persons
    assert ids_in_order(data, 3 * n)[n + 3 :] == ids_in_order(
        data, 2 * n - 3, start=n + 3
    )
    assert ids_in_order(data, n, seed=4) != ids_in_order(data, n)


def test_resumed_batches_equal_unbroken_ones(data):
    unbroken = batches(data, 7)
    resumed = batches(data, 3, start_step=4)
    for want, found in zip(unbroken[4:], resumed, strict=True):
        for a, b in zip(want, found, strict=True):
            np.testing.assert_array_equal(a, b)


def test_seeds_and_epochs_give_other_crops(data):
    (first, *_), *_ = batches(data, 1)
    (other, *_), *_ = batches(data, 1, seed=4)
    assert not np.array_equal(first, other)


def test_without_augmentation_the_crop_is_that_of_the_box(data):
    person = next(iter(person_records.decoded(data, "train")))
    crop, joints, labeled = input_pipeline.pose_example(
        person, tf.constant([0, 0]), 48, PLAIN, data.skeleton
    )
    want = crops.cut(person["image"][None], person["box"][None, None], 48)
    np.testing.assert_allclose(crop, want[0, 0], atol=0.01)
    np.testing.assert_allclose(
        boxes.denormalize(joints, person["box"]), person["joints"], atol=1e-3
    )
    np.testing.assert_array_equal(labeled, person["labeled"])


def test_evaluation_sees_every_person_once_in_order(data):
    found = list(input_pipeline.evaluation_batches(data, "train", batch_size=4))
    ids = np.concatenate([batch["person_id"] for batch in found])
    assert len(set(ids)) == len(ids) == data.splits["train"].persons
    limited = input_pipeline.evaluation_batches(
        data, "train", batch_size=4, limit=5
    )
    assert sum(len(batch["box"]) for batch in limited) == 5


def test_a_split_without_persons_is_named(data):
    with pytest.raises(errors.InputError, match="'holdout'"):
        person_records.decoded(data, "holdout")


def test_a_truncated_shard_is_named(records_dir, tmp_path):
    for path in records_dir.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    shard = sorted(tmp_path.glob("train-*"))[0]
    shard.write_bytes(shard.read_bytes()[:-10])
    with pytest.raises(errors.InputError, match=shard.name):
        dataset.load(str(tmp_path))
