import itertools
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


def iou(a, b):
    """Intersection over union of two boxes [4]."""
    low = np.maximum(a[:2] - a[2:] / 2, b[:2] - b[2:] / 2)
    high = np.minimum(a[:2] + a[2:] / 2, b[:2] + b[2:] / 2)
    shared = np.maximum(high - low, 0.0).prod()
    return shared / (a[2:].prod() + b[2:].prod() - shared)


def test_windows_of_a_picture_do_not_overlap_much(real_data):
    path = real_data / "coco_mini" / "train2017" / "000000227000.jpg"
    detector = person_detector.PersonDetector(TIGHT)
    windows = detector.windows(photos.load(path))
    assert len(windows) > 1
    pairs = itertools.combinations(windows, 2)
    assert max(iou(a, b) for a, b in pairs) <= 0.3 + 1e-6


@pytest.mark.parametrize(
    "size",
    [(1, 1), (700, 5), (5, 700), (96, 32), (95, 32), (99, 9999), (300, 300)],
)
def test_a_wall_of_any_size_holds_nobody(size):
    finder = person_detector.PersonDetector(TIGHT)
    found = finder(None, np.full((*size, 3), 90, np.uint8))
    assert found.shape == (0, 4)
    assert found.dtype == np.float32


def test_a_larger_copy_of_a_picture_has_the_same_people(real_data):
    path = real_data / "coco_mini" / "train2017" / "000000227000.jpg"
    image = photos.load(path)
    large = cv2.resize(image, None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST)
    finder = person_detector.PersonDetector(TIGHT)
    found = finder(None, image)
    assert len(found) > 0
    np.testing.assert_allclose(finder(None, large) / 3, found, atol=4)


@pytest.mark.slow(16)
def test_half_of_the_large_visible_people_of_coco_are_found(real_data):
    """As documented: 16 of 33, and 30 of 62 detections are false."""
    finder = person_detector.PersonDetector(TIGHT)
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
                not any(iou(one, box) > 0.3 for box, _ in persons)
                for one in found
            )
            for box, joints in persons:
                if box[3] >= 128 and joints >= 13:
                    wanted += 1
                    hits += any(iou(one, box) > 0.3 for one in found)
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
        person_detector.PersonDetector(TIGHT)


def test_of_overlapping_windows_the_highest_score_stays(monkeypatch):
    class Detector:
        def detectMultiScale(self, image, **_):
            # Two windows on one person, the second more certain; one apart.
            left = [[10, 10, 64, 128], [14, 12, 64, 128], [200, 10, 64, 128]]
            return np.array(left), np.array([0.3, 0.9, 0.5])

        def setSVMDetector(self, _):
            pass

    monkeypatch.setattr(cv2, "HOGDescriptor", Detector)
    monkeypatch.setattr(
        cv2, "HOGDescriptor_getDefaultPeopleDetector", lambda: None
    )
    finder = person_detector.PersonDetector(TIGHT)
    windows = finder.windows(np.zeros((200, 300, 3), np.uint8))
    # By score; the border that was added around the picture is off again.
    apart = windows[0, 0] - windows[1, 0]
    assert len(windows) == 2
    assert apart == pytest.approx(14 - 200)
