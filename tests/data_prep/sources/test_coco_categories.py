"""What COCO's categories say, and numbers as annotation tools write them."""

import json

import numpy as np
import pytest

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from tests.data_prep import coco_files
from tests.data_prep import layouts


def test_categories_say_the_order_of_joints(tmp_path):
    coco_files.write(tmp_path, {}, names=coco_files.NAMES)
    found = coco_files.read(tmp_path)
    assert found.skeleton is skeletons.COCO
    [person] = found.people
    for joint in ("nose", "left_wrist", "right_ankle"):
        place = coco_files.NAMES.index(joint)
        np.testing.assert_allclose(
            person.joints[skeletons.COCO.index(joint)],
            [10.5 + place, 20.5 + place],
        )


@pytest.mark.parametrize("name", ["Left Wrist", "leftWrist", "left-wrist"])
def test_names_of_joints_may_be_written_otherwise(tmp_path, name):
    names = [
        name if joint == "left_wrist" else joint for joint in coco_files.NAMES
    ]
    coco_files.write(tmp_path, {}, names=names)
    assert coco_files.read(tmp_path).skeleton is skeletons.COCO


def test_unknown_joints_are_refused_with_the_way_out(tmp_path):
    names = [
        "snout" if joint == "nose" else joint for joint in coco_files.NAMES
    ]
    coco_files.write(tmp_path, {}, names=names)
    with pytest.raises(errors.InputError, match="snout are not.*--skeleton"):
        coco_files.read(tmp_path)


def test_other_joints_are_built_with_the_skeleton_of_the_file(tmp_path):
    names = ["left_hip", "right_hip", "left_shoulder", "right_shoulder", "top"]
    path = coco_files.write(tmp_path, {}, names=names)
    content = json.loads(path.read_text())
    content["categories"][0]["skeleton"] = [[3, 1], [4, 2]]
    path.write_text(json.dumps(content))
    found = coco_files.read(tmp_path)
    assert found.skeleton.joints == tuple(names)
    assert found.skeleton.mirror == (1, 0, 3, 2, 4)
    assert found.skeleton.limb_indices == ((2, 0), (3, 1))
    np.testing.assert_allclose(found.people[0].joints[4], [14.5, 24.5])
    # In the order of a skeleton that is asked for, which may have fewer.
    two = skeletons.Skeleton(
        "two", ("top", "left_hip"), (0, 1), (), ("top", "left_hip")
    )
    [person] = coco_files.read(tmp_path, skeleton=two).people
    np.testing.assert_allclose(person.joints, [[14.5, 24.5], [10.5, 20.5]])
    with pytest.raises(errors.InputError, match="no joints nose"):
        coco_files.read(tmp_path, skeleton=skeletons.COCO)


def test_another_number_of_joints_without_names_is_told(tmp_path):
    coco_files.write(tmp_path, {"keypoints": [1, 2, 2] * 14}, {})
    found = coco_files.read(tmp_path)
    assert len(found.people) == 1
    [reason] = found.skipped
    assert reason.startswith("14 keypoints, want the 17 of skeleton coco")
    assert "--skeleton=FILE" in reason and "build_csv" in reason


def test_other_categories_are_no_people(tmp_path):
    coco_files.write(
        *(tmp_path, {}, {"category_id": 2}, {"category_id": "1"}),
        categories=[{"id": 2, "name": "dog"}, {"id": 1, "name": "Person"}],
    )
    found = coco_files.read(tmp_path)
    assert len(found.people) == 2
    assert found.skipped == {"of another category than person": 1}


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        ({"keypoints": None}, "no labeled joint"),
        ({"keypoints": "none"}, "keypoints are no list of numbers"),
        ({"keypoints": [1, 2, 3] * 17}, "visibility of a keypoint is not"),
        ({"keypoints": [1, 2, 0.9] * 17}, "visibility of a keypoint is not"),
        ({"image_id": [1]}, "image not listed in the file"),
        ({"iscrowd": "1"}, "crowd"),
        ({"id": 0}, "annotation id used twice"),
    ],
)
def test_one_bad_row_costs_one_person(tmp_path, person, reason):
    coco_files.write(tmp_path, {}, person)
    found = coco_files.read(tmp_path)
    assert len(found.people) == 1
    [counted] = found.skipped
    assert counted.startswith(reason)


@pytest.mark.parametrize(
    "image",
    [
        {"width": "80", "height": "60"},
        {"width": 80.0, "height": 60.0},
        {"width": 0, "height": 60},
        {"width": None},
        {"id": "1"},
        {"id": 1.0},
    ],
)
def test_numbers_may_be_strings_and_sizes_unknown(tmp_path, image):
    coco_files.write(tmp_path, {"iscrowd": "0", "area": "12.5"}, image=image)
    [person] = coco_files.read(tmp_path).people
    assert layouts.made(person).area == 12.5


@pytest.mark.parametrize("value", [1e39, -1e300, 10**400])
@pytest.mark.parametrize("field", ["area", "bbox", "keypoints"])
def test_what_float32_cannot_hold_costs_one_person(tmp_path, field, value):
    odd = {
        "area": value,
        "bbox": [1, 2, 3, value],
        "keypoints": [value, 2, 2] * 17,
    }
    coco_files.write(tmp_path, {field: odd[field]}, {})
    people = [
        layouts.made(person) for person in coco_files.read(tmp_path).people
    ]
    sound = [one for one in people if not isinstance(one, str)]
    for person in sound:
        assert np.isfinite(np.float32(person.area))
        assert np.isfinite(person.box).all()
    assert len(sound) >= 1


def test_a_negative_area_costs_one_person(tmp_path):
    coco_files.write(tmp_path, {"area": -5}, {})
    one, other = map(layouts.made, coco_files.read(tmp_path).people)
    assert one == "head size or area not finite, or negative"
    assert other.area == 0.0


@pytest.mark.parametrize("encoding_name", ["utf-8-sig", "utf-16"])
def test_byte_order_marks(tmp_path, encoding_name):
    path = coco_files.write(tmp_path, {})
    path.write_text(path.read_text(), encoding=encoding_name)
    if encoding_name == "utf-8-sig":
        assert len(coco_files.read(tmp_path).people) == 1
    else:
        with pytest.raises(errors.InputError, match="UTF-16; save it as UTF-8"):
            coco_files.read(tmp_path)
