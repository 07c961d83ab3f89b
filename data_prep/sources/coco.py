"""Reads COCO's person keypoints (Lin et al., ECCV 2014).

annotations/person_keypoints_NAME.json lies beside a folder NAME of pictures;
NAME is train2017, val2017... A keypoint is x, y, v: v is 0 unlabeled, 1 labeled
but hidden, 2 visible; x, y count pixels from 0. A box is x, y, w, h, where x, y
is its upper left corner. Annotation tools leave out iscrowd, num_keypoints,
area, bbox, width or height: labeled joints are counted by v, and a missing area
is unknown.
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
    """All persons of a source folder with a labeled joint, without crowds.

    People of a val folder are the test people: COCO's own test annotations are
    not published.

    Raises:
        InputError: there is no annotation file, or one is broken.
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
        people = []
        for person in _consume(content["annotations"]):
            image = images.get(person["image_id"])
            reason = _unusable(person, image)
            if reason:
                skipped[reason] += 1
            else:
                people.append(_annotation(folder, path, image, person))
        return people
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise errors.InputError(
            f"{path}: not COCO's keypoints ({type(error).__name__}: {error}); "
            "copy it again"
        ) from error


def _slim(values):
    """An object without its outline, which takes most of a file's memory."""
    values.pop("segmentation", None)
    if "image_id" in values and "keypoints" in values:
        values["keypoints"] = np.array(values["keypoints"], np.float32)
    return values


def _consume(people):
    """Yields a list's items in order, and removes each to free its memory."""
    people.reverse()
    while people:
        yield people.pop()


def _unusable(person, image):
    """The reason why a person is left out, or None."""
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
