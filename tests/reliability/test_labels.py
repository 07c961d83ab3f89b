"""Labels that cannot be meant: left out, counted, named."""

import json

import numpy as np
import pytest

from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import skeletons
from tests.data_prep import layouts
from tests.data_prep import made_records
from tests.launcher import refused
from tests.launcher import run
from tests.tiny import train

ABSURD = [1e4, 1e7, -1e12, 1e300, np.inf]


@pytest.mark.parametrize("value", ABSURD[:-1])
def test_people_with_joints_far_outside_are_left_out(tmp_path, value):
    joints = layouts.extended(6)
    joints[3, 0, 2] = value
    source = layouts.write_source(tmp_path / "s", joints)
    done = layouts.build(source, tmp_path / "records")
    assert done.returncode == 0, done.stderr
    reason = "labeled joint far outside the picture"
    assert f"{{'{reason}': 1}}" in done.stdout
    assert f"im00003.jpg: {reason}" in done.stderr
    card = json.loads((tmp_path / "records" / "dataset.json").read_text())
    assert card["skipped"] == {reason: 1}
    persons = sum(split["persons"] for split in card["splits"].values())
    assert persons == 5


def test_a_joint_a_little_outside_stays(tmp_path):
    joints = layouts.extended(3)
    joints[3, 0, 1] = -50.0  # The pictures are 80 pixels wide.
    source = layouts.write_source(tmp_path / "s", joints)
    done = layouts.build(source, tmp_path / "records")
    assert "skipped: none" in done.stdout


@pytest.mark.parametrize("value", ABSURD)
def test_far_is_more_than_twice_the_longer_side_away(value):
    size = np.array([80.0, 60.0])
    joints = np.full((3, 2), 30.0)
    labeled = np.array([True, True, False])
    assert not boxes.far_outside(joints, labeled, size)
    joints[1] = [239.0, -159.0]
    assert not boxes.far_outside(joints, labeled, size)
    joints[2] = value
    assert not boxes.far_outside(joints, labeled, size)
    joints[0, 1] = value
    assert boxes.far_outside(joints, labeled, size)


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ("1000000,1000000,50,50", "labeled joint far outside the box"),
        ("1e30,5,1e7,1e7", "box not finite"),
        ("40,30,1e7,1e7", "box far larger than the picture"),
    ],
)
def test_people_with_absurd_boxes_are_left_out(tmp_path, box, reason):
    layouts.picture(tmp_path / "a.jpg")
    columns = [
        f"{joint}_{axis}" for joint in skeletons.LSP.joints for axis in "xy"
    ]
    places = ",".join(str(10 + i) for i in range(len(columns)))
    (tmp_path / "people.csv").write_text(
        f"image,{','.join(columns)},box_x,box_y,box_w,box_h\n"
        f"a.jpg,{places},5,5,60,50\n"
        f"a.jpg,{places},{box}\n"
    )
    done = run(
        "data_prep.build_csv",
        f"--source={tmp_path / 'people.csv'}",
        "--skeleton=lsp",
        "--box=annotated",
        f"--output_dir={tmp_path / 'records'}",
    )
    assert done.returncode == 0, done.stderr
    assert f"{{'{reason}': 1}}" in done.stdout


def with_a_joint_at(place):
    joints = made_records.person().joints.copy()
    joints[0] = place
    return made_records.person(7, joints=joints)


def test_validate_names_them(tmp_path):
    people = [made_records.person(i) for i in range(3)]
    folder = made_records.write(
        tmp_path / "records", {"train": [*people, with_a_joint_at([1e6, 0.0])]}
    )
    done = run("data_prep.validate", f"--data_dir={folder}")
    assert done.returncode == 1
    assert "labeled joint far outside the picture" in done.stdout
    assert "p7" in done.stdout


def test_a_training_names_who_makes_its_loss_infinite(tmp_path):
    """Records that another program has written."""
    people = [made_records.person(i) for i in range(12)]
    folder = made_records.write(
        tmp_path / "records",
        {
            "train": [*people, with_a_joint_at([3e38, 0.0])],
            "val": [made_records.person(20)],
        },
    )
    done = train(tmp_path / "run", folder, "--steps=8", "--loss=l2")
    assert refused(done, "loss is", "p7", "box sides", "data_prep.validate")
    assert not (tmp_path / "run").exists()
