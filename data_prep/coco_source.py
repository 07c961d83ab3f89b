"""Reads COCO's person keypoints (Lin et al., ECCV 2014).

annotations/person_keypoints_NAME.json beside a folder NAME of pictures; NAME is
train2017, val2017... A keypoint is x, y, v: v is 0 unlabeled, 1 labeled but
hidden, 2 visible; x, y count pixels from 0. Boxes are x, y, w, h from the
image's corner.
"""

import collections
import json
import pathlib

import numpy as np

from data_prep import annotations
from data_prep.annotations import Annotation
from deeppose_tf import errors
from deeppose_tf import skeletons

_K = len(skeletons.COCO.joints)
_START = "person_keypoints_"


def read(source: str) -> annotations.Source:
    """All persons of a source folder with a labeled joint, crowds left out.

    People of a val folder are tested on: the test people's joints are secret.

    Raises:
        InputError: no annotation file is there, or one is broken.
    """
    folder = pathlib.Path(source)
    paths = sorted((folder / "annotations").glob(f"{_START}*.json"))
    if not paths:
        raise errors.InputError(
            f"--source={source}: no annotations/{_START}*.json there, as COCO "
            "comes"
        )
    people, skipped = [], collections.Counter()
    for path in paths:
        people += _read_file(folder, path, skipped)
    return annotations.Source(people, skipped)


def _read_file(folder, path, skipped):
    try:
        content = json.loads(path.read_text())
        images = {image["id"]: image for image in content["images"]}
        people = []
        for person in content["annotations"]:
            if person["iscrowd"]:
                skipped["crowd"] += 1
            elif not person["num_keypoints"]:
                skipped["no labeled joint"] += 1
            else:
                image = images[person["image_id"]]
                people.append(_annotation(folder, path, image, person))
        return people
    except (KeyError, TypeError, ValueError) as error:
        raise errors.InputError(
            f"{path}: not COCO's keypoints ({type(error).__name__}: {error}); "
            "copy it again"
        ) from error


def _annotation(folder, path, image, person):
    name = path.stem.removeprefix(_START)
    points = np.array(person["keypoints"], float).reshape(_K, 3)
    joints, labeled = annotations.pixels(points[:, :2], points[:, 2] > 0, 0.0)
    x, y, w, h = person["bbox"]
    image_id = f"{name}/{image['file_name']}"
    return Annotation(
        image_path=folder / name / image["file_name"],
        image_id=image_id,
        person_id=f"{image_id}#{person['id']}",
        joints=joints,
        labeled=labeled,
        visible=labeled & (points[:, 2] > 1),
        official="test" if name.startswith("val") else "train",
        box=np.array([x + w / 2, y + h / 2, w, h], np.float32),
        image_size=(image["width"], image["height"]),
        area=float(person["area"]),
    )
