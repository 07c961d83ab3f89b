"""COCO folders as tools write them."""

import json

from data_prep.sources import coco
from deeppose_tf.geometry import skeletons
from tests.data_prep import layouts

NAMES = sorted(skeletons.COCO.joints)


def write(tmp_path, *people, names=None, image=None, **more):
    """A COCO folder with one picture; `people` are changes of a sound one."""
    points = [[10.0 + i, 20.0 + i, 2] for i in range(len(names or NAMES))]
    sound = {
        "id": 1,
        "image_id": 1,
        "category_id": 1,
        "keypoints": [number for point in points for number in point],
        "bbox": [1, 2, 30, 40],
    }
    category = {"id": 1, "name": "person"} | (
        {"keypoints": names} if names else {}
    )
    content = {
        "images": [
            {"id": 1, "file_name": "a.jpg", "width": 80, "height": 60}
            | (image or {})
        ],
        "annotations": [sound | {"id": i} | p for i, p in enumerate(people)],
        "categories": [category],
    } | more
    layouts.picture(tmp_path / "train" / "a.jpg")
    path = tmp_path / "annotations" / "person_keypoints_train.json"
    path.parent.mkdir()
    path.write_text(json.dumps(content))
    return path


def read(tmp_path, **more):
    return coco.read(str(tmp_path), **more)
