import collections
import dataclasses
import errno
import io
import json
import os
import pathlib

import matplotlib.colors
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from data_prep.building import build
from data_prep.building import output_folder
from data_prep.building import person_box
from data_prep.building import shards
from data_prep.building.options import Options
from data_prep.sources import annotations
from data_prep.sources import flic
from data_prep.validation import card
from data_prep.validation import card_page
from data_prep.validation import card_text
from data_prep.validation import checks
from deeppose_tf import errors
from deeppose_tf import files
from deeppose_tf.data import dataset
from deeppose_tf.data import parsing
from deeppose_tf.data import records
from deeppose_tf.geometry import skeletons
from deeppose_tf.visualization import pose_drawing
from tests import conftest

LSP = skeletons.LSP


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
        joints[LSP.index(name)] = place
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


def checked(**changes):
    return checks.check(records.encode(person(**changes)), LSP)


def test_a_sound_record_has_no_fault():
    one = checked()
    assert (one.errors, one.warnings) == ((), ())
    # 0.4 and 0.6 of 40 pixels.
    assert one.torso == pytest.approx(np.hypot(16, 24), rel=1e-5)


def with_joint(name, place):
    joints = person().joints.copy()
    joints[LSP.index(name)] = place
    return joints


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"image": b"none"}, "picture cannot be decoded"),
        ({"image": jpeg()[:-80]}, "picture cannot be decoded"),
        ({"width": 81}, "picture of another size than recorded"),
        ({"box": np.array([40, 30, 0, 40.0])}, "numbers not finite"),
        ({"joints": with_joint("neck", (np.nan, 0))}, "numbers not finite"),
        ({"joints": np.zeros((13, 2))}, "not a record of this skeleton"),
        ({"head_size": np.nan}, "head size or area not finite"),
        ({"area": -1.0}, "head size or area not finite"),
        ({"labeled": np.arange(14) > 0}, "a joint visible but not labeled"),
    ],
)
def test_errors_of_a_record(changes, fault):
    (found,) = checked(**changes).errors
    assert found.startswith(fault)


def unlabeled(*names):
    labeled = np.ones(14, bool)
    labeled[[LSP.index(name) for name in names]] = False
    return labeled


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"labeled": np.zeros(14, bool), "visible": np.zeros(14, bool)},
            "no labeled joint",
        ),
        (
            {
                "labeled": unlabeled("right_hip"),
                "visible": unlabeled("right_hip"),
            },
            "no torso",
        ),
        (
            {"joints": with_joint("neck", (0.55, 0.0))},
            "a joint outside the box",
        ),
        ({"box": np.array([40, 30, 8, 4.0])}, "torso below 5 pixels"),
    ],
)
def test_warnings_of_a_record(changes, fault):
    one = checked(**changes)
    assert not one.errors
    assert any(found.startswith(fault) for found in one.warnings)


def test_a_joint_outside_the_picture_is_seen():
    one = checked(box=np.array([70, 30, 40, 40.0]))
    assert one.warnings == ("a joint outside the picture",)


def test_exchanged_shoulders_look_so():
    joints = person().joints.copy()
    pair = [LSP.index("left_shoulder"), LSP.index("right_shoulder")]
    joints[pair] = joints[pair[::-1]]
    assert checked(joints=joints).warnings == ("left and right look exchanged",)


@pytest.mark.parametrize("exchanged", ["eye", "body", None])
def test_exchanged_eyes_or_bodies_look_so(exchanged):
    flic = skeletons.FLIC
    places = {
        "shoulder": (0.2, -0.2),
        "elbow": (0.3, 0.0),
        "wrist": (0.3, 0.2),
        "hip": (0.15, 0.3),
        "eye": (0.03, -0.35),
    }
    joints = np.zeros((11, 2))
    for name, (x, y) in places.items():
        part = "eye" if name == "eye" else "body"
        sign = -1 if exchanged == part else 1
        joints[flic.index(f"left_{name}")] = sign * x, y
        joints[flic.index(f"right_{name}")] = -sign * x, y
    every = np.ones(11, bool)
    one = person(joints=joints, labeled=every, visible=every)
    found = checks.check(records.encode(one), flic)
    words = ("left and right of eyes and shoulders look exchanged",)
    assert found.warnings == (words if exchanged else ())


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
        skeleton=LSP,
        box={},
        arguments={},
        splits=shards.summary(folder, counts),
        skipped={},
        official_split=official_split,
    )
    return folder


def test_twins_inside_and_across_splits(tmp_path):
    same = person(3).image
    folder = write(
        tmp_path / "d",
        {
            "train": [person(1), person(2), person(1), person(4, image=same)],
            "test": [person(3), person(5, image=same)],
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
        "train": [person(1)],
        "test": [
            person(1, person_id="q"),
            person(2, image=person(1).image),
        ],
    }
    found = card.examine(str(write(tmp_path / "d", pair, official_split)))
    parted = (
        "people of one picture in train and test, as the data set's own split "
        "has it"
    )
    copied = ["p2"] if official_split else ["q", "p2"]
    assert found.errors == {"same picture in train and test": copied}
    assert found.warnings.get(parted, []) == (["q"] if official_split else [])


def test_two_people_of_one_picture_are_no_twins(tmp_path):
    pair = [person(1), dataclasses.replace(person(1), person_id="q")]
    found = card.examine(str(write(tmp_path / "d", {"train": pair})))
    assert not found.errors
    assert not found.warnings


def test_shards_are_held_against_dataset_json(tmp_path):
    folder = write(tmp_path / "d", {"train": [person(i) for i in range(6)]})
    first, second = sorted(folder.glob("*.tfrecord"))
    first.write_bytes(first.read_bytes()[:-30])
    second.unlink()
    found = card.examine(str(folder))
    assert found.errors["shard missing"] == [second.name]
    assert found.errors["shard damaged or cut short"] == [first.name]
    assert found.errors["shard is not the one of dataset.json"] == [first.name]
    assert "another number of persons than in dataset.json" in found.errors


def test_a_record_file_too_many_is_seen(tmp_path):
    folder = write(tmp_path / "d", {"train": [person(1), person(2)]})
    stray = folder / "train-00000-of-00009.tfrecord"
    stray.write_bytes(next(folder.glob("*.tfrecord")).read_bytes())
    found = card.examine(str(folder))
    assert found.warnings == {
        "record file that dataset.json does not name": [stray.name]
    }


def test_samples_are_spread_over_all_splits(tmp_path):
    people = [person(i) for i in range(50)]
    bad = dataclasses.replace(people[0], image=b"none")
    splits = {"train": [bad, *people[1:40]], "test": people[40:]}
    found = card.examine(str(write(tmp_path / "d", splits)))
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
    wide = [person(i, image=jpeg(i, (160, 60)), width=160) for i in range(3)]
    folder = write(tmp_path / "d", {"train": [person(9), *wide]})
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
    folder = write(tmp_path / "d", {"train": [person(1)]})
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


def test_a_full_disk_is_told_and_leaves_no_half_a_page(tmp_path, monkeypatch):
    def full(path, text, **_):
        with open(path, "w") as file:
            file.write(text[:9])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    folder = write(tmp_path / "d", {"train": [person(1)]})
    found = card.examine(str(folder))
    monkeypatch.setattr(pathlib.Path, "write_text", full)
    path = tmp_path / "pages" / "card.html"
    with pytest.raises(errors.InputError, match="card.html: No space left"):
        card_page.write(found, path)
    assert not list(path.parent.iterdir())
    with pytest.raises(errors.InputError, match="c.json: No space left"):
        files.save(tmp_path / "pages" / "c.json", {})
    assert not list(path.parent.iterdir())


def test_a_card_that_is_none_is_named(tmp_path):
    (tmp_path / "dataset.json").write_text("{}")
    with pytest.raises(errors.InputError, match="dataset.json: lacks box"):
        card.examine(str(tmp_path))


def test_the_page_shows_faults_and_pictures(tmp_path):
    people = {"train": [person(1), person(2, width=9)]}
    found = card.examine(str(write(tmp_path / "d", people)))
    path = tmp_path / "pages" / "card.html"
    card_page.write(found, path)
    page = path.read_text()
    assert "picture of another size than recorded: 1 (p2)" in page
    assert page.count("data:image/png;base64,") == 2
    assert "<td>neck labeled</td><td>1.000</td>" in page


def test_samples_show_the_box_and_both_sides(tmp_path):
    every = np.ones(14, bool)
    every[:3] = False
    one = person(1, labeled=every, visible=every)
    decoded = parsing.decode(records.encode(one), 14)
    axes = Figure().add_subplot()
    card_page._person(axes, decoded, LSP)
    [box] = axes.patches
    assert (*box.get_xy(), box.get_width(), box.get_height()) == (
        20,
        10,
        40,
        40,
    )
    assert np.ptp(axes.get_xlim()) == pytest.approx(46)
    [dots] = axes.collections[-1:]
    left, right = (
        matplotlib.colors.to_rgba(pose_drawing.COLORS[side])
        for side in ("left", "right")
    )
    colors = dots.get_facecolors()
    np.testing.assert_allclose(colors[LSP.index("left_wrist")], left)
    np.testing.assert_allclose(colors[LSP.index("right_wrist")], right)
    assert np.ma.getmaskarray(dots.get_offsets())[0].all()


def test_the_program_passes_sound_records_and_fails_others(
    records_dir, tmp_path
):
    page = tmp_path / "card.html"
    done = conftest.run(
        *("data_prep.validate", f"--data_dir={records_dir}", f"--html={page}")
    )
    assert "data:image/png;base64," in page.read_text()
    assert done.returncode == 0, done.stderr
    assert "left_wrist" in done.stdout
    folder = write(tmp_path / "d", {"train": [person(1, image=b"none")]})
    done = conftest.run("data_prep.validate", f"--data_dir={folder}")
    assert conftest.refused(done, folder, "1 faults")
    assert "picture cannot be decoded: 1 (p1)" in done.stdout


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
    assert "as the data set's own split has it" in "".join(found.warnings)
