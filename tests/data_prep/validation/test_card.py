import collections
import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from data_prep.building import build
from data_prep.building import person_box
from data_prep.building.build_options import Options
from data_prep.sources import annotations
from data_prep.sources import flic
from data_prep.validation import card
from data_prep.validation import card_text
from deeppose_tf import errors
from deeppose_tf.data import dataset
from deeppose_tf.data import parsing
from deeppose_tf.geometry import skeletons
from tests.data_prep import made_records


def test_twins_inside_and_across_splits(tmp_path):
    same = made_records.person(3).image
    folder = made_records.write(
        tmp_path / "d",
        {
            "train": [
                made_records.person(1),
                made_records.person(2),
                made_records.person(1),
                made_records.person(4, image=same),
            ],
            "test": [
                made_records.person(3),
                made_records.person(5, image=same),
            ],
        },
    )
    found = card.examine(str(folder))
    assert found.errors["person id occurs twice"] == ["p1"]
    assert found.errors["same picture in train and test"] == ["p3", "p5"]
    assert found.persons == {"train": 4, "test": 2}
    assert len(found.images["train"]) == 3
    assert "ERROR: person id occurs twice: 1 (p1)" in card_text.text(found)


@pytest.mark.parametrize("official_split", [True, False])
def test_an_official_split_may_part_people_of_one_picture(
    tmp_path, official_split
):
    pair = {
        "train": [made_records.person(1)],
        "test": [
            made_records.person(1, person_id="q"),
            made_records.person(2, image=made_records.person(1).image),
        ],
    }
    found = card.examine(
        str(made_records.write(tmp_path / "d", pair, official_split))
    )
    parted = "people of one picture in train and test, as in the official split"
    copied = ["p2"] if official_split else ["q", "p2"]
    assert found.errors == {"same picture in train and test": copied}
    assert found.warnings.get(parted, []) == (["q"] if official_split else [])


def test_two_people_of_one_picture_are_no_twins(tmp_path):
    pair = [
        made_records.person(1),
        dataclasses.replace(made_records.person(1), person_id="q"),
    ]
    found = card.examine(
        str(made_records.write(tmp_path / "d", {"train": pair}))
    )
    assert not found.errors
    assert not found.warnings
    assert card_text.text(found).endswith("\nno errors, no warnings")


def test_shards_are_held_against_dataset_json(tmp_path):
    folder = made_records.write(
        tmp_path / "d", {"train": [made_records.person(i) for i in range(6)]}
    )
    first, second = sorted(folder.glob("*.tfrecord"))
    first.write_bytes(first.read_bytes()[:-30])
    second.unlink()
    found = card.examine(str(folder))
    assert found.errors["shard missing"] == [second.name]
    assert found.errors["shard damaged or cut short"] == [first.name]
    assert found.errors["shard differs from dataset.json"] == [first.name]
    assert "number of persons differs from dataset.json" in found.errors


def test_a_record_file_too_many_is_seen(tmp_path):
    folder = made_records.write(
        tmp_path / "d",
        {"train": [made_records.person(1), made_records.person(2)]},
    )
    stray = folder / "train-00000-of-00009.tfrecord"
    stray.write_bytes(next(folder.glob("*.tfrecord")).read_bytes())
    found = card.examine(str(folder))
    assert found.warnings == {
        "record file that dataset.json does not name": [stray.name]
    }


def test_samples_are_spread_over_all_splits(tmp_path):
    people = [made_records.person(i) for i in range(50)]
    bad = dataclasses.replace(people[0], image=b"none")
    splits = {"train": [bad, *people[1:40]], "test": people[40:]}
    found = card.examine(str(made_records.write(tmp_path / "d", splits)))
    counts = collections.Counter(split for split, _ in found.samples)
    assert counts == {"train": 12, "test": 10}
    ids = [
        parsing.decode(record, 14)["person_id"].numpy().decode()
        for split, record in found.samples
        if split == "train"
    ]
    # The files hold the even ones first.
    places = [
        [*range(0, 40, 2), *range(1, 40, 2)].index(int(i[1:])) for i in ids
    ]
    assert max(places) >= 36
    assert max(np.diff(places)) <= 4


def test_histograms_are_as_wide_as_they_say(tmp_path):
    wide = [
        made_records.person(i, image=made_records.jpeg(i, (160, 60)), width=160)
        for i in range(3)
    ]
    folder = made_records.write(
        tmp_path / "d", {"train": [made_records.person(9), *wide]}
    )
    lines = card_text.text(card.examine(str(folder))).splitlines()
    [row] = [i for i, line in enumerate(lines) if "of the picture" in line]
    bars = lines[row + 1][28:]
    # One person of 80 pixels, three of 160.
    assert (len(bars), bars[0], bars[-1]) == (38, "\u2583", "\u2588")
    assert set(bars[1:-1]) == {" "}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ((), []),
        (("skeleton",), None),
        (("skeleton", "mirror"), [5] * 14),
        (("skeleton", "torso"), ["neck", "tail"]),
        (("splits",), []),
        (("splits", "train"), None),
        (("splits", "train", "shards"), None),
        (("splits", "train", "persons"), "many"),
        (("splits", "train", "shards", 0), {"name": "x", "bytes": 1}),
        (("box",), None),
    ],
)
def test_a_damaged_card_is_named(tmp_path, place, value):
    folder = made_records.write(
        tmp_path / "d", {"train": [made_records.person(1)]}
    )
    path = folder / "dataset.json"
    whole = inner = json.loads(path.read_text())
    for key in place[:-1]:
        inner = inner[key]
    if place:
        inner[place[-1]] = value
    path.write_text(json.dumps(whole if place else value))
    with pytest.raises(errors.InputError, match="dataset.json: .*write it"):
        card.examine(str(folder))
    with pytest.raises(errors.InputError, match="dataset.json: .*write it"):
        dataset.load(str(folder))


def test_a_card_that_is_none_is_named(tmp_path):
    (tmp_path / "dataset.json").write_text("{}")
    with pytest.raises(errors.InputError, match="dataset.json: lacks box"):
        card.examine(str(tmp_path))


def test_flic_s_own_split_passes(real_data, tmp_path):
    """Two official frames hold both a train and a test person."""
    source = flic.read(str(real_data / "flic"))
    frames = ("collateral-disc1-00080111", "funny-girl-dvd-video-00184641")
    people = []
    for shade, frame in enumerate(frames):
        image_path = tmp_path / f"{frame}.jpg"
        Image.new("RGB", (720, 480), (99 * shade, 50, 90)).save(image_path)
        people += [
            dataclasses.replace(one, image_path=image_path)
            for one in source.people
            if frame in one.image_id
        ]
    assert {one.official for one in people} == {"train", "test"}
    rule = person_box.Rule("annotated", 2.5, square=True)
    folder = tmp_path / "flic"
    options = Options(str(folder), rule, 1, 0.0, 0.0, None, {})
    build.build(annotations.Source(people), "flic", skeletons.FLIC, options)
    found = card.examine(str(folder))
    assert not found.errors
    assert "as in the official split" in "".join(found.warnings)
