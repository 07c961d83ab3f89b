"""Records as a builder writes them, of made-up people."""

import collections
import dataclasses
import io

import numpy as np
from PIL import Image

from data_prep.building import output_folder
from data_prep.building import shards
from deeppose_tf.data import records
from deeppose_tf.geometry import skeletons


def jpeg(shade=90, size=(80, 60)):
    buffer = io.BytesIO()
    Image.new("RGB", size, (shade, 50, 90)).save(buffer, "JPEG")
    return buffer.getvalue()


def person(number=0, **changes):
    """A sound record: a box of 40 pixels, all joints in it."""
    joints = np.zeros((14, 2), np.float32)
    joints[:, 0] = np.linspace(-0.4, 0.4, 14)
    for name, place in (
        ("left_shoulder", (0.2, -0.3)),
        ("right_shoulder", (-0.2, -0.3)),
        ("left_hip", (0.2, 0.3)),
        ("right_hip", (-0.2, 0.3)),
    ):
        joints[skeletons.LSP.index(name)] = place
    values = records.Person(
        image=jpeg(number),
        height=60,
        width=80,
        image_id=f"i{number}",
        person_id=f"p{number}",
        box=np.array([40, 30, 40, 40], np.float32),
        joints=joints,
        labeled=np.ones(14, bool),
        visible=np.ones(14, bool),
    )
    return dataclasses.replace(values, **changes)


def write(folder, by_split, official_split=False):
    folder.mkdir()
    persons = collections.Counter({s: len(p) for s, p in by_split.items()})
    images = {s: len({one.image_id for one in p}) for s, p in by_split.items()}
    for number in range(2):
        with shards.Writer(folder, number, 2) as writer:
            for split, people in by_split.items():
                for one in people[number::2]:
                    writer.write(split, one.image_id, records.encode(one))
    counts = shards.Counts(
        persons, collections.Counter(images), collections.Counter()
    )
    output_folder.save_card(
        folder,
        name="made",
        skeleton=skeletons.LSP,
        box={"kind": "image", "scale": 1.0, "square": False},
        arguments={},
        splits=shards.summary(folder, counts),
        skipped={},
        official_split=official_split,
    )
    return folder
