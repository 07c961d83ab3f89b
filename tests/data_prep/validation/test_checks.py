import numpy as np
import pytest

from data_prep.validation import checks
from deeppose_tf.data import records
from deeppose_tf.geometry import skeletons
from tests.data_prep import made_records


def checked(**changes):
    return checks.check(
        records.encode(made_records.person(**changes)), skeletons.LSP
    )


def test_a_sound_record_has_no_fault():
    one = checked()
    assert (one.errors, one.warnings) == ((), ())
    # 0.4 and 0.6 of 40 pixels.
    assert one.torso == pytest.approx(np.hypot(16, 24), rel=1e-5)


def with_joint(name, place):
    joints = made_records.person().joints.copy()
    joints[skeletons.LSP.index(name)] = place
    return joints


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"image": b"none"}, "picture cannot be decoded"),
        ({"image": made_records.jpeg()[:-80]}, "picture cannot be decoded"),
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
    labeled[[skeletons.LSP.index(name) for name in names]] = False
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
    joints = made_records.person().joints.copy()
    pair = [
        skeletons.LSP.index("left_shoulder"),
        skeletons.LSP.index("right_shoulder"),
    ]
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
    one = made_records.person(joints=joints, labeled=every, visible=every)
    found = checks.check(records.encode(one), flic)
    words = ("left and right of eyes and shoulders look exchanged",)
    assert found.warnings == (words if exchanged else ())
