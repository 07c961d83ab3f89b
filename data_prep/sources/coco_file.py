"""A file of COCO's form, of which an index alone is kept in memory.

People are read anew from the file, each when it is wanted.
"""

import array
import pathlib
from collections.abc import Iterator

import numpy as np

from data_prep.sources import annotations
from data_prep.sources import coco_categories
from data_prep.sources import coco_pictures
from data_prep.sources import picture_names
from data_prep.sources.annotations import Annotation
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.storage import annotation_values
from deeppose_tf.storage import json_items

START = "person_keypoints_"
_HINT = "want COCO's person keypoints"
_LISTS = ("images", "annotations")
_CROWD = "crowd"
_TWICE = "annotation id used twice"
# People that are left out without a fault of the file.
_EXPECTED = {_CROWD, "no labeled joint", coco_categories.OTHER}


class AnnotationFile:
    """A file, its pictures and its people.

    Attributes:
        skeleton: of its people.
        people: of those that can be used, in order, uint64 [people, 4]: a
            digest of the person's id, the place and size of the annotation in
            the file, and its number, from 1.
    """

    def __init__(
        self,
        path: pathlib.Path,
        skeleton: Skeleton | None,
        allow_outside: bool,
        skipped: annotations.Skips,
    ):
        """Reads the file twice; for the arguments see `coco.read`."""
        self._path = path
        self._folder = path.parent.parent
        self._name = path.stem.removeprefix(START)
        self._allow_outside = allow_outside
        self._pieces = json_items.Pieces(path)
        # Categories and pictures may come behind the people.
        self._pictures = coco_pictures.Pictures(path, self._name, self._pieces)
        content = {}
        for item in self._items():
            if item.field == "images":
                self._pictures.add(item)
            elif item.field == "categories":
                content["categories"] = item.value
        self._pictures.close()
        self._categories = coco_categories.read(path, content, skeleton)
        self.skeleton = self._categories.skeleton
        self.people = self._without_copies(self._usable(skipped), skipped)

    def _items(self) -> Iterator[json_items.Item]:
        return json_items.read(self._path, _LISTS, _HINT)

    def _usable(self, skipped):
        """The people to use; counts those that are left out."""
        rows, number = array.array("Q"), 0
        for item in self._items():
            if item.field != "annotations":
                continue
            number += 1
            reason, name = self._examine(item.value, number)
            if reason in _EXPECTED:
                skipped[reason] += 1
            elif reason:
                skipped.add(reason, self._who(number, item.value))
            else:
                rows.extend(
                    (coco_pictures.digest(name), item.start, item.size, number)
                )
        return np.array(rows).reshape(-1, 4)

    def _without_copies(self, rows, skipped):
        """The first of the people that share an id; counts the others."""
        _, first = np.unique(rows[:, 0], return_index=True)
        for row in np.delete(rows, first, axis=0):
            *place, number = row[1:].tolist()
            skipped.add(_TWICE, self._who(number, self._pieces.load(*place)))
        return rows[np.sort(first)]

    def _who(self, number, person):
        name = person.get("id") if isinstance(person, dict) else None
        return f"{self._path}, annotation {number} (id {name!r:.40})"

    def _examine(self, person, number):
        """The reason why a person is left out, or None; and its id."""
        if not isinstance(person, dict):
            return "no object", ""
        if annotation_values.number(person.get("iscrowd")):
            return _CROWD, ""
        reason = self._categories.unusable(person)
        if reason:
            return reason, ""
        picture = self._pictures.find(person.get("image_id"))
        if picture is None:
            return "image not listed in the file", ""
        path, inside, _ = picture
        reason = picture_names.fault(path, inside, self._allow_outside)
        return reason, _person_id(path, person, number)

    def annotation(self, start: int, size: int, number: int) -> Annotation:
        """One of its people, by its place, size and number."""
        person = self._pieces.load(start, size)
        path, _, image_size = self._pictures.find(person["image_id"])
        points = self._categories.points(person)
        joints, labeled = annotations.pixels(
            points[:, :2], points[:, 2] > 0, 0.0
        )
        return Annotation(
            image_path=self._folder / path,
            image_id=path,
            person_id=_person_id(path, person, number),
            joints=joints,
            labeled=labeled,
            visible=labeled & (points[:, 2] > 1),
            official="test" if self._name.startswith("val") else "train",
            box=_box(person),
            image_size=image_size,
            area=annotation_values.number(person.get("area")) or 0.0,
        )


def _person_id(path, person, number):
    name = annotation_values.key(person.get("id")) or f"annotation {number}"
    return f"{path}#{name}"


def _box(person):
    """The box [cx, cy, w, h], or None where there is none of four numbers."""
    corner_and_size = annotation_values.vector(person.get("bbox"), 4)
    if corner_and_size is None:
        return None
    x, y, w, h = corner_and_size
    with np.errstate(over="ignore", invalid="ignore"):
        return np.array([x + w / 2, y + h / 2, w, h], np.float32)
