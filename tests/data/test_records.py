import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.data import parsing
from deeppose_tf.data import records


def person():
    rng = np.random.default_rng(0)
    labeled = rng.random(14) < 0.7
    return records.Person(
        image=b"not decoded here",
        height=60,
        width=80,
        image_id="people/im1.jpg",
        person_id="people/im1.jpg#2",
        box=np.array([40, 30, 50, 40], np.float32),
        joints=rng.uniform(-0.5, 0.5, (14, 2)).astype(np.float32),
        labeled=labeled,
        visible=labeled & (rng.random(14) < 0.5),
        head_size=12.5,
        area=300.25,
    )


def test_decode_undoes_encode():
    before = person()
    after = parsing.decode(tf.constant(records.encode(before)), 14)
    assert set(after) == set(vars(before))
    for name, value in vars(before).items():
        found = after[name].numpy()
        if isinstance(value, str):
            found = found.decode()
        np.testing.assert_array_equal(found, value)


def example_of(one):
    """The same as protobuf makes it."""
    example = tf.train.Example()
    feature = example.features.feature
    for name, value in vars(one).items():
        folder = "image" if name in ("height", "width") else "person"
        key = {"image": "image/encoded", "image_id": "image/id"}.get(
            name, {"person_id": "person/id"}.get(name, f"{folder}/{name}")
        )
        if isinstance(value, str):
            value = value.encode()
        if isinstance(value, bytes):
            feature[key].bytes_list.value.append(value)
        elif isinstance(value, int) or value.dtype == bool:
            feature[key].int64_list.value.extend(np.ravel(value).astype(int))
        else:
            feature[key].float_list.value.extend(np.ravel(value))
    return example.SerializeToString(deterministic=True)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"image": bytes(range(256)) * 700, "height": 128, "width": 70_000},
        {"image_id": "людей/i\n.jpg", "person_id": "", "image": b""},
        {"image_id": "x" * 127, "person_id": "x" * 128, "height": 0},
        {"head_size": np.float64(-0.0), "area": np.float64(np.pi * 1e20)},
    ],
)
def test_bytes_are_those_that_protobuf_makes(change):
    one = dataclasses.replace(
        person(), head_size=np.float64(12.5), area=np.float64(0.1)
    )
    one = dataclasses.replace(one, **change)
    assert records.encode(one) == example_of(one)


def test_keys_are_those_of_the_format():
    example = tf.train.Example.FromString(records.encode(person()))
    assert set(example.features.feature) == {
        "image/encoded",
        "image/height",
        "image/width",
        "image/id",
        "person/id",
        "person/box",
        "person/joints",
        "person/labeled",
        "person/visible",
        "person/head_size",
        "person/area",
    }


def test_records_without_head_size_and_area_are_read():
    example = tf.train.Example.FromString(records.encode(person()))
    for key in ("person/head_size", "person/area"):
        del example.features.feature[key]
    after = parsing.decode(tf.constant(example.SerializeToString()), 14)
    assert after["head_size"].numpy() == after["area"].numpy() == 0.0
