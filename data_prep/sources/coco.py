"""Reads COCO's person keypoints (Lin et al., ECCV 2014), and files like them.

annotations/person_keypoints_NAME.json lies beside a folder NAME of pictures;
NAME is train2017, val2017... A keypoint is x, y, v: v is 0 unlabeled, 1 labeled
but hidden, 2 visible; x, y count pixels from 0. A box is x, y, w, h, where x, y
is its upper left corner. coco_categories.py says which annotations are people,
and which joints they have. Annotation tools leave out iscrowd, num_keypoints,
area, bbox, width or height: labeled joints are counted by v, and a missing area
is unknown.
"""

import pathlib

import numpy as np
from absl import logging

from data_prep.sources import annotations
from data_prep.sources import coco_categories
from data_prep.sources import numbers
from data_prep.sources import picture_names
from data_prep.sources.annotations import Annotation
from deeppose_tf import errors
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.storage import json_files

_START = "person_keypoints_"
_HINT = "want COCO's person keypoints"
_CROWD = "crowd"
_UNLABELED = "no labeled joint"
# People that are left out without a fault of the file.
_EXPECTED = {_CROWD, _UNLABELED, coco_categories.OTHER}


def read(
    source: str,
    skeleton: Skeleton | None = None,
    allow_outside: bool = False,
) -> annotations.Source:
    """All persons of a source folder with a labeled joint, without crowds.

    People of a val folder are the test people: COCO's own test annotations are
    not published.

    Args:
        source: the folder.
        skeleton: of the people; None for the one that the files name, COCO's
            where they name none.
        allow_outside: whether pictures may lie elsewhere.

    Raises:
        InputError: there is no annotation file, or one is broken, or its joints
            are not those of the skeleton.
    """
    folder = pathlib.Path(source)
    paths = sorted((folder / "annotations").glob(f"{_START}*.json"))
    if not paths:
        raise errors.InputError(
            f"--source={source}: no annotations/{_START}*.json there, as COCO "
            "comes"
        )
    _tell_left_out(folder / "annotations", paths)
    people, skipped = [], annotations.Skips()
    for path in paths:
        content = _load(path)
        categories = coco_categories.read(path, content, skeleton)
        skeleton = categories.skeleton
        file = _File(folder, path, content, categories, allow_outside)
        people += file.people(skipped)
    return annotations.Source(people, skipped, skeleton)


def _tell_left_out(folder, paths):
    others = sorted(p.name for p in {*folder.iterdir()} - {*paths})
    if others:
        logging.warning("%s: does not read %s", folder, ", ".join(others))


def _load(path):
    content = json_files.load(path, _HINT, object_hook=_slim)
    kinds = {"images": list, "annotations": list}
    json_files.expect(path, content, kinds, _HINT)
    return content


def _slim(values):
    """An object without its outline, which takes most of a file's memory."""
    values.pop("segmentation", None)
    if "image_id" in values and "keypoints" in values:
        points = numbers.vector(values["keypoints"])
        if points is not None:
            values["keypoints"] = points
    return values


class _File:
    """An annotation file."""

    def __init__(self, folder, path, content, categories, allow_outside):
        self._folder = folder
        self._path = path
        self._name = path.stem.removeprefix(_START)
        self._categories = categories
        self._allow_outside = allow_outside
        self._images = _by_id(path, content["images"])
        self._annotations = content["annotations"]

    def people(self, skipped):
        """Its people; counts those that are left out."""
        people, ids = [], set()
        for number, person in enumerate(_consume(self._annotations), start=1):
            reason = self._unusable(person, ids)
            if reason in _EXPECTED:
                skipped[reason] += 1
            elif reason:
                skipped.add(reason, self._who(number, person))
            else:
                people.append(self._annotation(person, number))
        return people

    def _who(self, number, person):
        name = person.get("id") if isinstance(person, dict) else None
        return f"{self._path}, annotation {number} (id {name!r:.40})"

    def _unusable(self, person, ids):
        """The reason why a person is left out, or None."""
        if not isinstance(person, dict):
            return "no object"
        if numbers.number(person.get("iscrowd")):
            return _CROWD
        reason = self._categories.unusable(person)
        if reason:
            return reason
        image = self._images.get(numbers.key(person.get("image_id")))
        if image is None:
            return "image not listed in the file"
        reason = picture_names.fault(*image[:2], self._allow_outside)
        if reason:
            return reason
        name = numbers.key(person.get("id"))
        if name is not None and (name, image[0]) in ids:
            return "annotation id used twice"
        ids.add((name, image[0]))
        return None

    def _annotation(self, person, number):
        path, _, size = self._images[numbers.key(person["image_id"])]
        points = self._categories.points(person)
        joints, labeled = annotations.pixels(
            points[:, :2], points[:, 2] > 0, 0.0
        )
        name = numbers.key(person.get("id")) or f"annotation {number}"
        return Annotation(
            image_path=self._folder / path,
            image_id=path,
            person_id=f"{path}#{name}",
            joints=joints,
            labeled=labeled,
            visible=labeled & (points[:, 2] > 1),
            official="test" if self._name.startswith("val") else "train",
            box=_box(person),
            image_size=size,
            area=_area(person),
        )


def _by_id(path, images):
    """By id, each picture's path, whether it lies in the source, its size."""
    folder, name = path.parent.parent, path.stem.removeprefix(_START)
    found, wrong = {}, 0
    for image in images:
        key = numbers.key(image.get("id")) if isinstance(image, dict) else None
        if key is None:
            wrong += 1
            continue
        entry = (
            *picture_names.resolve(folder, name, image.get("file_name")),
            numbers.size(image.get("width"), image.get("height")),
        )
        if found.setdefault(key, entry)[0] != entry[0]:
            raise errors.InputError(
                f"{path}: images {found[key][0]!r} and {entry[0]!r} share the "
                f"id {key}; give each its own"
            )
    if wrong:
        logging.warning("%s: %d of its images have no id", path, wrong)
    return found


def _consume(people):
    """Yields a list's items in order, and removes each to free its memory."""
    people.reverse()
    while people:
        yield people.pop()


def _box(person):
    """The box [cx, cy, w, h], or None where there is none of four numbers."""
    corner_and_size = numbers.vector(person.get("bbox"), 4)
    if corner_and_size is None:
        return None
    x, y, w, h = corner_and_size
    with np.errstate(over="ignore", invalid="ignore"):
        return np.array([x + w / 2, y + h / 2, w, h], np.float32)


def _area(person):
    return numbers.number(person.get("area")) or 0.0
