import collections
import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from data_prep import annotations
from data_prep import building
from data_prep import card
from data_prep import card_page
from data_prep import checks
from data_prep import flic_source
from data_prep import person_box
from data_prep import shards
from data_prep.options import Options
from deeppose_tf import errors
from deeppose_tf import records
from deeppose_tf import skeletons
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
        ({"labeled": np.zeros(14, bool)}, "no labeled joint"),
        ({"labeled": unlabeled("right_hip")}, "no torso"),
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
    shards.save_card(
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
    assert "ERROR: person id occurs twice: 1 (p1)" in card.text(found)


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
    source = flic_source.read(str(real_data / "flic"))
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
    building.build(annotations.Source(people), "flic", skeletons.FLIC, options)
    found = card.examine(str(folder))
    assert not found.errors
    assert "as the data set's own split has it" in "".join(found.warnings)
