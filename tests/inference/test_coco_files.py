"""Boxes and poses in COCO's files."""

import contextlib
import io
import json
import pathlib

import numpy as np
import pytest
from pycocotools import coco
from pycocotools import cocoeval

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.inference import coco_boxes
from deeppose_tf.inference import coco_results
from deeppose_tf.inference import photo_boxes
from deeppose_tf.inference.predicted_poses import Poses

PHOTOS = [pathlib.Path("in/000000000790.jpg"), pathlib.Path("in/b.jpg")]
IMAGE = np.zeros((120, 90, 3), np.uint8)
# Upper left corner, width and height; center, width and height.
BBOX, BOX = [10, 20, 40, 80], [30, 60, 40, 80]


def from_file(tmp_path, entries, photos=PHOTOS):
    path = tmp_path / "boxes.json"
    path.write_text(json.dumps(entries))
    return photo_boxes.from_file(str(path), photos, around=lambda box: box)


def test_detections_name_photos_by_file_name_or_number(tmp_path):
    detections = [
        {"image_id": 790, "category_id": 1, "bbox": BBOX, "score": 0.9},
        {"image_id": 790, "category_id": 1, "bbox": BBOX, "score": 0.2},
        {"image_id": 790, "category_id": 18, "bbox": BBOX, "score": 0.9},
        {"file_name": "there/b.jpg", "bbox": [0, 0, 2, 4], "score": 0.3},
        {"image_id": "b", "bbox": BBOX, "score": 0.8},
        {"image_id": 5, "bbox": BBOX, "score": 0.9},
    ]
    boxes_of = from_file(tmp_path, detections)
    np.testing.assert_allclose(boxes_of(PHOTOS[0], IMAGE), [BOX])
    found = boxes_of(PHOTOS[1], IMAGE)
    assert sorted(found.tolist()) == [[1, 2, 2, 4], BOX]
    # Nobody was detected in the other.
    alone = from_file(tmp_path, detections[:1])
    assert alone(PHOTOS[1], IMAGE).shape == (0, 4)


def annotations():
    return {
        "images": [
            {"id": 7, "file_name": "b.jpg"},
            {"id": 8, "file_name": "elsewhere.jpg"},
        ],
        "annotations": [
            {"image_id": 7, "category_id": 2, "bbox": BBOX, "iscrowd": 0},
            {"image_id": 7, "category_id": 2, "bbox": BBOX, "iscrowd": 1},
            {"image_id": 7, "category_id": 1, "bbox": BBOX},
            {"image_id": 8, "category_id": 2, "bbox": BBOX},
        ],
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "person"}],
    }


def test_ids_and_numbers_may_be_strings_or_missing(tmp_path, caplog):
    detections = [
        {"image_id": "790", "category_id": "1", "bbox": [*map(str, BBOX)]},
        {"image_id": 790.0, "bbox": BBOX, "score": None},
        {"image_id": 790, "bbox": None},
        {"image_id": 790, "bbox": [10, 20, 0, 80]},
        None,
    ]
    boxes_of = from_file(tmp_path, detections)
    np.testing.assert_allclose(boxes_of(PHOTOS[0], IMAGE), [BOX, BOX])
    assert "leaves out 3 people; entry 3: bbox is None" in caplog.text
    changed = annotations()
    changed["images"] += [None, {"id": None}]
    changed["images"][0] = {"id": "7", "file_name": "C:\\in\\b.jpg"}
    changed["annotations"] += [{"image_id": 9, "bbox": BBOX}]
    changed["categories"] += [{"id": 3}]
    boxes_of = from_file(tmp_path, changed)
    np.testing.assert_allclose(boxes_of(PHOTOS[1], IMAGE), [BOX])
    assert boxes_of.image_ids == {PHOTOS[1]: 7}
    assert "entry 5: image_id '9' is not listed" in caplog.text


def test_accents_may_be_letters_of_their_own(tmp_path):
    photo = pathlib.Path("in/M\u00fcller.jpg")
    name = "Mu\u0308ller.jpg"
    for entries in ([{"file_name": name, "bbox": BBOX}], {name: [BOX]}):
        boxes_of = from_file(tmp_path, entries, [photo])
        np.testing.assert_allclose(boxes_of(photo, IMAGE), [BOX])


def test_annotations_name_people_by_their_images(tmp_path):
    boxes_of = from_file(tmp_path, annotations())
    np.testing.assert_allclose(boxes_of(PHOTOS[1], IMAGE), [BOX])
    assert boxes_of.image_ids == {PHOTOS[1]: 7}
    with pytest.raises(errors.InputError, match="790.jpg: --boxes=.*name it"):
        boxes_of(PHOTOS[0], IMAGE)
    nobody = annotations() | {"annotations": []}
    assert from_file(tmp_path, nobody)(PHOTOS[1], IMAGE).shape == (0, 4)


def test_coco_s_boxes_are_enlarged_as_found_ones_are(tmp_path):
    path = tmp_path / "boxes.json"
    path.write_text(json.dumps([{"image_id": "b", "bbox": BBOX}]))
    boxes_of = photo_boxes.from_file(str(path), PHOTOS)
    np.testing.assert_allclose(boxes_of(PHOTOS[1], IMAGE), [[30, 60, 88, 88]])


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([{"image_id": 1, "bbox": BBOX}], "names none of the photos"),
        ([], "names none of the photos"),
        ([{"image_id": 790}], "no detection results.*bbox"),
        ([{"bbox": BBOX}], "image_id"),
        ([{"image_id": 790, "bbox": [1, 2, 3]}], "no detection results"),
        ([{"image_id": 790, "bbox": [1, 2, 3, 0]}], "above 0"),
        ([{"image_id": 790, "bbox": ["a", 2, 3, 4]}], "no detection results"),
        ([[1, 2, 3, 4]], "no detection results"),
        ({"images": 3, "annotations": []}, "images are no list"),
        ({"images": [], "annotations": []}, "names none of the photos"),
        ({"images": [], "annotations": 3}, "annotations are no list"),
        ([{"image_id": 790, "bbox": None}], "entry 1: bbox is None"),
        ([{"image_id": 790, "bbox": BBOX, "score": "x"}], "score is 'x'"),
    ],
)
def test_damaged_files_are_named(tmp_path, entries, words):
    with pytest.raises(errors.InputError, match=words) as raised:
        from_file(tmp_path, entries)
    assert str(raised.value).startswith(str(tmp_path / "boxes.json"))


def poses(joints):
    count = len(joints)
    box = np.zeros((count, 4))
    return Poses(
        box, joints, np.full(joints.shape[:2], 0.8), np.full(count, 0.1)
    )


def test_pycocotools_evaluates_the_results(tmp_path):
    truth = np.random.default_rng(0).uniform(20, 200, (14, 2)).round()
    results = coco_results.Results(skeletons.LSP, PHOTOS, {PHOTOS[1]: 7})
    results.add(PHOTOS[0], poses(np.zeros((0, 14, 2))))
    results.add(PHOTOS[1], poses(truth[None]))
    path = results.save(tmp_path / "new")
    (person,) = json.loads(path.read_text())
    points = np.array(person["keypoints"]).reshape(17, 3)
    known = [joint in skeletons.LSP.joints for joint in skeletons.COCO.joints]
    assert sum(known) == 12
    assert (points[np.logical_not(known)] == 0).all()
    wrist = skeletons.LSP.index("left_wrist")
    np.testing.assert_allclose(
        points[skeletons.COCO.index("left_wrist")], [*truth[wrist], 0.8]
    )
    assert (person["score"], person["file_name"]) == (0.8, "b.jpg")
    assert precision(points, known, path) == pytest.approx(1.0)


def precision(points, known, path):
    """AP that pycocotools gives to a file, where `points` are the truth."""
    labeled = np.column_stack([points[:, :2], 2 * np.array(known)])
    person = {
        "id": 1,
        "image_id": 7,
        "category_id": 1,
        "keypoints": labeled.ravel().tolist(),
        "num_keypoints": 12,
        "area": 2e4,
        "bbox": [0, 0, 200, 200],
        "iscrowd": 0,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        truth = coco.COCO()
        truth.dataset = {
            "images": [{"id": 7}],
            "categories": [{"id": 1, "name": "person"}],
            "annotations": [person],
        }
        truth.createIndex()
        found = truth.loadRes(str(path))
        evaluation = cocoeval.COCOeval(truth, found, "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats[0]


@pytest.mark.parametrize(
    ("names", "known", "want"),
    [
        (["000000000790.jpg", "0139.png"], {}, [790, 139]),
        (["000000000790.jpg", "b.jpg"], {}, [1, 2]),
        (["0790.jpg", "790.png"], {}, [1, 2]),
        (["a.jpg", "b.jpg"], {"a.jpg": 30, "b.jpg": 4}, [30, 4]),
    ],
)
def test_photos_have_ids(tmp_path, names, known, want):
    photos = [pathlib.Path(name) for name in names]
    ids = {pathlib.Path(name): number for name, number in known.items()}
    results = coco_results.Results(skeletons.COCO, photos, ids)
    for photo in photos:
        results.add(photo, poses(np.ones((1, 17, 2))))
    people = json.loads(results.save(tmp_path).read_text())
    assert [person["image_id"] for person in people] == want
    assert [person["file_name"] for person in people] == names


def test_joints_of_hands_have_no_place_in_coco():
    hand = skeletons.Skeleton("hand", ("thumb", "palm"), (0, 1), ())
    with pytest.raises(errors.InputError, match="--format=coco.*thumb"):
        coco_results.Results(hand, PHOTOS, {})


def test_the_least_score_is_documented():
    page = pathlib.Path(__file__).parents[2] / "docs" / "inference.md"
    assert f"score below {coco_boxes.LEAST_SCORE}" in " ".join(
        page.read_text().split()
    )


def test_who_numbers_photos_says_so(caplog):
    coco_results.Results(skeletons.LSP, PHOTOS[:1], {})
    coco_results.Results(skeletons.LSP, PHOTOS, {PHOTOS[1]: 7})
    gone = pathlib.Path("in/gone.jpg")
    coco_results.Results(skeletons.LSP, PHOTOS[:1], {gone: 790})
    assert not caplog.text
    coco_results.Results(skeletons.LSP, PHOTOS, {})
    assert "in/b.jpg: its name is no number, or another's too" in caplog.text
    caplog.clear()
    same = [pathlib.Path(name) for name in ("1.jpg", "2.jpg", "x/2.jpg")]
    coco_results.Results(skeletons.LSP, same, {})
    assert "2.jpg: its name is" in caplog.text


def test_a_detection_outside_the_photo_costs_one_person(tmp_path, caplog):
    detections = [
        {"file_name": "b.jpg", "bbox": bbox, "score": 0.9}
        for bbox in (BBOX, [95, 10, 20, 20])
    ]
    boxes_of = from_file(tmp_path, detections)
    np.testing.assert_allclose(boxes_of(PHOTOS[1], IMAGE), [BOX])
    assert "1 people lie outside the picture" in caplog.text
