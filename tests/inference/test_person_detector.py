import json
import sys

import cv2
import numpy as np
import pytest

from deeppose_tf import errors
from deeppose_tf.inference import person_detector
from deeppose_tf.inference import photos

TIGHT = {"kind": "joints", "scale": 1.0, "square": False}


def test_a_window_becomes_a_box_as_training_draws_them():
    window = np.array([100.0, 200.0, 64.0, 128.0])
    # A person of 32 x 96 is inside.
    rule = {"kind": "joints", "scale": 1.25, "square": True}
    assert person_detector.to_box(window, rule).tolist() == [100, 200, 120, 120]
    assert person_detector.to_box(window, TIGHT).tolist() == [100, 200, 32, 96]
    rule = {"kind": "image", "scale": 1.0, "square": False}
    assert person_detector.to_box(window, rule).tolist() == [100, 200, 64, 128]


def test_overlap_is_intersection_over_union():
    a, b = np.array([1.0, 1.0, 2.0, 2.0]), np.array([2.0, 1.0, 2.0, 2.0])
    assert person_detector.overlap(a, a) == 1.0
    assert person_detector.overlap(a, b) == pytest.approx(2 / 6)
    assert person_detector.overlap(a, a + [9, 9, 0, 0]) == 0.0


def test_of_boxes_that_overlap_the_surest_stays():
    a, b = [10.0, 10.0, 8.0, 8.0], [11.0, 10.0, 8.0, 8.0]
    far = [90.0, 10.0, 8.0, 8.0]
    found = np.array([a, far, b])
    assert person_detector.strongest(found, np.array([0.8, 0.7, 0.9])) == [2, 1]
    assert person_detector.strongest(np.zeros((0, 4)), np.zeros(0)) == []


@pytest.mark.parametrize(
    "size",
    [(1, 1), (700, 5), (5, 700), (96, 32), (95, 32), (99, 9999), (300, 300)],
)
def test_a_wall_of_any_size_holds_nobody(size):
    finder = person_detector.Finder(TIGHT)
    found = finder(None, np.full((*size, 3), 90, np.uint8))
    assert found.shape == (0, 4)
    assert found.dtype == np.float32


def test_a_larger_copy_of_a_picture_has_the_same_people(real_data):
    path = real_data / "coco_mini" / "train2017" / "000000227000.jpg"
    image = photos.load(path)
    large = cv2.resize(image, None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST)
    finder = person_detector.Finder(TIGHT)
    found = finder(None, image)
    assert len(found) > 0
    np.testing.assert_allclose(finder(None, large) / 3, found, atol=4)


def test_half_of_the_large_visible_people_of_coco_are_found(real_data):
    """What README says: 16 of 33, and 30 of 62 finds are nobody."""
    finder = person_detector.Finder(TIGHT)
    wanted, hits, wrong, finds = 0, 0, 0, 0
    for split in ("train2017", "val2017"):
        folder = real_data / "coco_mini"
        truth = json.loads(
            (folder / f"annotations/person_keypoints_{split}.json").read_text()
        )
        for image in truth["images"]:
            path = folder / split / image["file_name"]
            found = finder(None, photos.load(path))
            persons = [
                (_box(person), person["num_keypoints"])
                for person in truth["annotations"]
                if person["image_id"] == image["id"] and not person["iscrowd"]
            ]
            finds += len(found)
            wrong += sum(
                not any(
                    person_detector.overlap(one, box) > 0.3
                    for box, _ in persons
                )
                for one in found
            )
            for box, joints in persons:
                if box[3] >= 128 and joints >= 13:
                    wanted += 1
                    hits += any(
                        person_detector.overlap(one, box) > 0.3 for one in found
                    )
    assert wanted == 33
    assert hits / wanted >= 0.45, hits
    assert wrong / finds <= 0.5, (wrong, finds)


def _box(person):
    x, y, width, height = person["bbox"]
    return np.array([x + width / 2, y + height / 2, width, height])


def test_without_opencv_the_way_out_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(
        errors.InputError, match="--people=auto needs the package cv2: "
    ):
        person_detector.Finder(TIGHT)
