import collections

import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.data import dataset
from deeppose_tf.data import parsing
from deeppose_tf.data import person_records
from deeppose_tf.data import shares
from deeppose_tf.examples import example_sources
from deeppose_tf.geometry import skeletons
from tests.data_prep import made_records

PEOPLE = 12


def data_of(folder, files):
    """People dealt out to record files, as a builder does."""
    paths = [str(folder / f"train-{i}.tfrecord") for i in range(files)]
    for i, path in enumerate(paths):
        with tf.io.TFRecordWriter(path) as writer:
            for number in range(i, PEOPLE, files):
                person = made_records.person(number)
                writer.write(made_records.records.encode(person))
    split = dataset.Split(tuple(paths), PEOPLE, "digest")
    return dataset.Dataset(
        path=str(folder),
        name="made",
        skeleton=skeletons.LSP,
        box={},
        splits={"train": split},
    )


def seen(data, index, of, count, start=0, keep=None):
    """(index, id) of the first people that one of several processes sees."""
    source = example_sources.ThisProcess(shares.Share(index, of))
    people = source.people(data, 7, start, 5, keep).take(count)
    return [
        (
            int(i),
            tf.train.Example.FromString(r)
            .features.feature["person/id"]
            .bytes_list.value[0],
        )
        for i, r in people.as_numpy_iterator()
    ]


@pytest.mark.parametrize(("files", "of"), [(4, 2), (3, 2), (3, 3), (1, 2)])
def test_every_person_is_seen_once_an_epoch(tmp_path, files, of):
    data = data_of(tmp_path, files)
    share = PEOPLE // of
    every = [seen(data, index, of, 3 * share) for index in range(of)]
    for epoch in range(3):
        ids = collections.Counter(
            person
            for each in every
            for _, person in each[epoch * share : (epoch + 1) * share]
        )
        assert len(ids) == PEOPLE and set(ids.values()) == {1}
    # Augmentation is seeded by the index.
    indices = [i for each in every for i, _ in each]
    assert sorted(indices) == list(range(3 * PEOPLE))


def test_by_element_all_see_what_one_alone_would(tmp_path):
    data = data_of(tmp_path, 3)
    alone = seen(data, 0, 1, 20)
    every = [seen(data, index, 2, 10) for index in range(2)]
    assert sorted(every[0] + every[1]) == alone
    assert [i for i, _ in every[0]] == list(range(0, 20, 2))


def test_by_files_each_opens_its_own_only(tmp_path):
    data = data_of(tmp_path, 4)
    split = data.splits["train"]
    (tmp_path / "train-1.tfrecord").unlink()
    (tmp_path / "train-3.tfrecord").unlink()
    assert len({person for _, person in seen(data, 0, 2, 6)}) == 6
    with pytest.raises(tf.errors.NotFoundError):
        seen(data, 1, 2, 6)
    assert split.persons == PEOPLE


@pytest.mark.parametrize("files", [4, 3])
def test_a_share_goes_on_where_it_was(tmp_path, files):
    data = data_of(tmp_path, files)
    whole = seen(data, 1, 2, 14)
    assert seen(data, 1, 2, 9, start=10) == whole[5:]


def test_people_who_teach_nothing_are_in_no_share(tmp_path):
    data = data_of(tmp_path, 4)

    def keep(record):
        person_id = parsing.decode(record, 14)["person_id"]
        return (person_id != "p0") & (person_id != "p5")

    every = [seen(data, index, 2, 10, keep=keep) for index in range(2)]
    ids = {person for each in every for _, person in each}
    assert ids == {f"p{i}".encode() for i in range(PEOPLE)} - {b"p0", b"p5"}


@pytest.mark.parametrize("rows", [0, 1, 2, 7, 9])
def test_parts_come_together_in_order(rows):
    values = np.arange(2 * rows).reshape(rows, 2)
    parts = [shares.Share(index, 3).part(values) for index in range(3)]
    np.testing.assert_array_equal(shares.together(parts), values)


def test_held_out_people_are_shared_out_and_keep_their_numbers(tmp_path):
    data = data_of(tmp_path, 3)
    found = [
        [
            int(i)
            for i, _ in person_records.once(
                data, "train", 11, share=shares.Share(index, 2)
            )
        ]
        for index in range(2)
    ]
    assert found == [[0, 2, 4, 6, 8, 10], [1, 3, 5, 7, 9]]
