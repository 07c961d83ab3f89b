"""Reads COCO's person keypoints (Lin et al., ECCV 2014).

annotations/person_keypoints_NAME.json beside a folder NAME of pictures; NAME is
train2017, val2017... A keypoint is x, y, v: v is 0 unlabeled, 1 labeled but
hidden, 2 visible; x, y count pixels from 0. Boxes are x, y, w, h from the
image's corner. Files without iscrowd, num_keypoints, area, bbox, width or
height, as annotation tools write them, are read too: people are counted by v,
and an area that is not told is not known.
"""

import collections
import json
import pathlib

import numpy as np

from data_prep.sources import annotations
from data_prep.sources.annotations import Annotation
from deeppose_tf import errors
from deeppose_tf.geometry import skeletons

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
        content = json.loads(path.read_text(), object_hook=_slim)
        images = {image["id"]: image for image in content["images"]}
        found = []
        for person in _taken(content["annotations"]):
            image = images.get(person["image_id"])
            reason = _lacks(person, image)
            if reason:
                skipped[reason] += 1
            else:
                found.append(_annotation(folder, path, image, person))
        return found
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise errors.InputError(
            f"{path}: not COCO's keypoints ({type(error).__name__}: {error}); "
            "copy it again"
        ) from error


def _slim(values):
    """What is kept of each object: outlines take most of a file's memory."""
    values.pop("segmentation", None)
    if "image_id" in values and "keypoints" in values:
        values["keypoints"] = np.array(values["keypoints"], np.float32)
    return values


def _taken(people):
    """Yields a list's items in order, and lets go of each."""
    people.reverse()
    while people:
        yield people.pop()


def _lacks(person, image):
    # Files of annotation tools leave out what they do not know.
    if person.get("iscrowd", 0):
        return "crowd"
    if not np.any(person.get("keypoints", np.zeros(3))[2::3] > 0):
        return "no labeled joint"
    if image is None:
        return "image not listed in the file"
    return None


def _annotation(folder, path, image, person):
    name = path.stem.removeprefix(_START)
    points = person["keypoints"].reshape(_K, 3)
    joints, labeled = annotations.pixels(points[:, :2], points[:, 2] > 0, 0.0)
    image_id = f"{name}/{image['file_name']}"
    return Annotation(
        image_path=folder / name / image["file_name"],
        image_id=image_id,
        person_id=f"{image_id}#{person['id']}",
        joints=joints,
        labeled=labeled,
        visible=labeled & (points[:, 2] > 1),
        official="test" if name.startswith("val") else "train",
        box=_box(person),
        image_size=_size(image),
        area=float(person.get("area") or 0.0),
    )


def _box(person):
    if not person.get("bbox"):
        return None
    x, y, w, h = person["bbox"]
    return np.array([x + w / 2, y + h / 2, w, h], np.float32)


def _size(image):
    size = image.get("width"), image.get("height")
    return None if None in size else size
