import json
import pathlib

import numpy as np
import pytest

from deeppose_tf import errors
from deeppose_tf.geometry import boxes
from deeppose_tf.inference import photo_boxes

PHOTOS = [pathlib.Path("in/a.jpg"), pathlib.Path("in/b.jpg")]
IMAGE = np.zeros((120, 90, 3), np.uint8)


@pytest.mark.parametrize(
    "box",
    ["1,2,3", "a,b,c,d", "5,5,0,9", "1,1,nan,1", "1,1,1e99,1", "1,1,-2,1"],
)
def test_a_box_of_no_size_is_refused(box):
    with pytest.raises(errors.InputError, match="cx,cy,w,h") as raised:
        photo_boxes.from_flag(box.split(","))
    assert f"--box={box}" in str(raised.value)


def test_boxes_are_found_by_file_name_or_path(tmp_path):
    path = tmp_path / "boxes.json"
    boxes = {"./in/a.jpg": [[1, 2, 3, 4], [5, 6, 7, 8.5]], "b.jpg": []}
    path.write_text(json.dumps(boxes))
    boxes_of = photo_boxes.from_file(str(path), PHOTOS)
    found = boxes_of(PHOTOS[0], IMAGE)
    assert found.dtype == np.float32
    np.testing.assert_equal(found, [[1, 2, 3, 4], [5, 6, 7, 8.5]])
    assert boxes_of(PHOTOS[1], IMAGE).shape == (0, 4)


@pytest.mark.parametrize(
    "text, complaint",
    [
        ('{"a.jpg": [[1, 2', "is cut short"),
        ("\xff\xfe", "want"),
        ("[[1, 2, 3, 4]]", "no detection results.*want"),
        ("3", "no object"),
        ('{"a.jpg": {"box": 1}}', "'a.jpg': no list"),
        ('{"a.jpg": [1, 2, 3, 4]}', "'a.jpg': 1: want"),
        ('{"a.jpg": [[1, 2, 3]]}', r"'a.jpg': \[1, 2, 3\]: want"),
        ('{"a.jpg": [[1, 2, NaN, 3]]}', "nan.*: want"),
        ('{"a.jpg": [[1, 2, Infinity, 3]]}', "inf.*: want"),
        ('{"a.jpg": [[1, 2, 3, 0]]}', "0.*above 0"),
        ('{"a.jpg": [[1, 2, 3, -1]]}', "-1.*above 0"),
        ('{"a.jpg": [[1, 2, 1e-60, 1]]}', "1e-60.*above 0"),
        ('{"a.jpg": [["1", 2, 3, 4]]}', "want"),
        ('{"a.jpg": [[true, 2, 3, 4]]}', "want"),
        ('{"c.jpg": []}', "'c.jpg' is none of the photos"),
        ('{"a.jpg": [], "in/a.jpg": []}', "twice"),
    ],
)
def test_a_damaged_boxes_file_is_named(tmp_path, text, complaint):
    path = tmp_path / "boxes.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(errors.InputError, match=complaint) as raised:
        photo_boxes.from_file(str(path), PHOTOS)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_a_photo_that_the_file_leaves_out_is_named(tmp_path):
    path = tmp_path / "boxes.json"
    path.write_text("{}")
    boxes_of = photo_boxes.from_file(str(path), PHOTOS)
    with pytest.raises(errors.InputError, match="in/a.jpg: --boxes=.*for nob"):
        boxes_of(PHOTOS[0], IMAGE)
    with pytest.raises(errors.InputError, match="nowhere.json: missing"):
        photo_boxes.from_file("nowhere.json", PHOTOS)


@pytest.mark.parametrize(
    "box", [[-6, 5, 12, 9], [96, 5, 12, 9], [9, -5, 9, 9], [9, 125, 9, 10]]
)
def test_a_box_outside_the_photo_is_refused(tmp_path, box):
    path = tmp_path / "boxes.json"
    path.write_text(json.dumps({"a.jpg": [[5, 5, 9, 9], box]}))
    written = ",".join(map(str, box))
    for flag, boxes_of in {
        f"--boxes={path}": photo_boxes.from_file(str(path), PHOTOS),
        "--box": photo_boxes.from_flags(written.split(","), None, PHOTOS),
    }.items():
        with pytest.raises(errors.InputError) as raised:
            boxes_of(PHOTOS[0], IMAGE)
        assert str(raised.value).startswith(
            f"in/a.jpg: {flag}: {written} lies outside the picture of 90 x 120;"
        )


def test_a_box_may_reach_over_the_edge_or_be_the_whole_photo():
    for box in ([-5, 5, 12, 9], [95, 125, 12, 12], [0, 0, 0, 0]):
        box = np.array([box], np.float32)
        photo_boxes.refuse_outside(box, IMAGE, "boxes")
        assert not boxes.are_outside(box, 90, 120).any()
