"""COCO: annotations -> persons."""

import json
import pickle

import numpy as np
import pytest

from data_prep.building import encoding
from data_prep.building import person_box
from data_prep.sources import coco
from deeppose_tf import errors
from tests.data_prep import coco_files
from tests.data_prep import layouts


def coco_person(number, image, keypoints, **more):
    return {
        "id": number,
        "image_id": image,
        "keypoints": keypoints,
        "num_keypoints": sum(v > 0 for v in keypoints[2::3]),
        "bbox": [10.0, 20.0, 30.0, 20.0],
        "area": 321.5,
        "iscrowd": 0,
        **more,
    }


@pytest.fixture
def coco_dir(tmp_path):
    folder = tmp_path / "coco"
    (folder / "annotations").mkdir(parents=True)
    points = [5, 7, 2] + [6, 8, 1] + [0, 0, 0] * 15
    people = [
        coco_person(1, 11, points),
        coco_person(2, 11, points),
        coco_person(3, 11, [0] * 51),
        coco_person(4, 12, points, iscrowd=1),
    ]
    images = [
        {"id": 11, "file_name": "a.jpg", "width": 80, "height": 60},
        {"id": 12, "file_name": "b.jpg", "width": 80, "height": 60},
    ]
    for name in ("train2017", "val2017"):
        path = folder / "annotations" / f"person_keypoints_{name}.json"
        path.write_text(json.dumps({"images": images, "annotations": people}))
        layouts.picture(folder / name / "a.jpg")
    return folder


def test_coco_keeps_what_is_hidden_and_counts_crowds(coco_dir):
    found = coco.read(str(coco_dir))
    assert found.skipped == {"crowd": 2, "no labeled joint": 2}
    assert [p.official for p in found.people] == ["train"] * 2 + ["test"] * 2
    first, second = found.people[:2]
    assert first.image_id == second.image_id == "train2017/a.jpg"
    assert first.person_id != second.person_id
    np.testing.assert_array_equal(first.labeled[:3], [True, True, False])
    np.testing.assert_array_equal(first.visible[:3], [True, False, False])
    # Pixel (5, 7) from 0 has its center at (5.5, 7.5).
    np.testing.assert_allclose(first.joints[0], [5.5, 7.5])
    person = layouts.made(first)
    np.testing.assert_allclose(person.box, [25.0, 30.0, 30.0, 20.0])
    assert person.area == 321.5


def test_coco_without_what_tools_leave_out(coco_dir):
    path = coco_dir / "annotations" / "person_keypoints_train2017.json"
    content = json.loads(path.read_text())
    for person in content["annotations"]:
        for name in ("num_keypoints", "area", "iscrowd", "bbox"):
            del person[name]
    for image in content["images"]:
        del image["width"], image["height"]
    content["annotations"][1]["image_id"] = 99
    content["annotations"][1]["segmentation"] = [[1, 2, 3, 4]]
    path.write_text(json.dumps(content))
    found = coco.read(str(coco_dir))
    assert found.skipped == {
        "image not listed in the file": 1,
        "no labeled joint": 2,
        "crowd": 1,
    }
    first = found.people[0]
    assert (first.area, first.box, first.image_size) == (0.0, None, None)
    assert layouts.made(first) == "no annotated box"
    person = layouts.made(first, person_box.Rule("joints", 1.25, square=True))
    np.testing.assert_array_equal(person.labeled[:3], [True, True, False])


@pytest.mark.parametrize("last", ["images", "annotations", "categories"])
def test_coco_s_parts_come_in_any_order(tmp_path, last):
    names = coco_files.NAMES
    path = coco_files.write(tmp_path, {}, {"category_id": 2}, names=names)
    before = coco_files.read(tmp_path)
    [one] = before.people
    content = json.loads(path.read_text())
    content[last] = content.pop(last)
    content = {"info": {}, "annotations": content.pop("annotations")} | content
    path.write_text(json.dumps(content, indent=1))
    after = coco_files.read(tmp_path)
    assert after.skipped == before.skipped
    [other] = after.people
    np.testing.assert_array_equal(one.joints, other.joints)
    assert one.person_id == other.person_id == "train/a.jpg#0"


def test_coco_s_people_are_a_sequence_that_other_processes_read(coco_dir):
    people = coco.read(str(coco_dir)).people
    names = [person.person_id for person in people]
    assert len(people) == len(names) == 4
    assert [p.person_id for p in people[1::2]] == names[1::2]
    assert people[-1].person_id == names[-1]
    copy = pickle.loads(pickle.dumps(people[2:]))
    assert [person.person_id for person in copy] == names[2:]


def test_coco_s_files_that_share_a_person_are_refused(tmp_path):
    path = coco_files.write(tmp_path, {}, image={"file_name": "../a.jpg"})
    other = path.with_name("person_keypoints_val.json")
    other.write_text(path.read_text())
    with pytest.raises(errors.InputError, match="share the id a.jpg#0; give"):
        coco_files.read(tmp_path)


def test_coco_s_picture_of_another_size_is_left_out(coco_dir):
    layouts.picture(coco_dir / "train2017" / "a.jpg", (80, 61))
    first = coco.read(str(coco_dir)).people[0]
    assert layouts.made(first) == "image of another size than annotated"


def test_coco_cut_short_is_named(coco_dir):
    path = coco_dir / "annotations" / "person_keypoints_val2017.json"
    path.write_text(path.read_text()[:-40])
    with pytest.raises(
        errors.InputError, match="val2017.json: is cut short; copy"
    ):
        coco.read(str(coco_dir))
    with pytest.raises(errors.InputError, match="no annotations/person"):
        coco.read(str(coco_dir / "train2017"))


def test_real_coco_annotations(real_data):
    if not (real_data / "coco_mini").is_dir():
        pytest.skip("coco_mini: missing")
    found = coco.read(str(real_data / "coco_mini"))
    assert len(found.people) == 154
    rule = person_box.Rule("annotated", 1.25, square=True)
    persons = encoding.to_persons(found.people, rule, None)
    joints = np.concatenate([p.joints[p.labeled] for p in persons])
    assert np.mean(np.abs(joints).max(axis=1) <= 0.5) > 0.97
