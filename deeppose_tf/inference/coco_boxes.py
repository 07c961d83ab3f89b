"""People's boxes from COCO's files: detection results and annotations.

Detection results are `[{"image_id": 790, "category_id": 1, "bbox": [x, y, w,
h], "score": 0.9}, ...]`, where `"file_name": "a.jpg"` may stand for `image_id`;
annotation files are `{"images": [...], "annotations": [...]}`. A bbox begins
with its upper left corner, in pixels, and is tight around a person.
"""

import pathlib

import numpy as np
from absl import logging

from deeppose_tf import errors
from deeppose_tf.inference import coco_names
from deeppose_tf.storage import annotation_values

_PERSON = 1  # COCO's category.
# Detections with a lower score are left out; detectors list dozens a photo.
LEAST_SCORE = 0.3
_FORM = (
    '[{"file_name": "photo.jpg", "bbox": [x, y, w, h], "score": 0.9}, ...], '
    "or see docs/inference.md"
)


def are_annotations(entries) -> bool:
    """Whether the content of a JSON file is that of an annotation file."""
    return isinstance(entries, dict) and {"images", "annotations"} <= {*entries}


def by_photo(
    boxes_path: str, entries: dict | list, photos: list[pathlib.Path]
) -> dict[pathlib.Path, list[list[float]]]:
    """The boxes of people in photos.

    Args:
        boxes_path: of the file, for messages.
        entries: its content.
        photos: all photos; what the file has of others is passed over.

    Returns:
        By photo, a list of tight [cx, cy, w, h]: of all photos for detection
        results, else of those among the images.

    Raises:
        InputError: the file is damaged, or names none of the photos.
    """
    people = _people(boxes_path, entries)
    known = {
        path: names & people.keys()
        for path, names in coco_names.of_photos(photos)
    }
    if not any(known.values()):
        raise errors.InputError(
            f"{boxes_path}: names none of the photos; file_name, or an "
            "image_id such as 790 of 000000000790.jpg, says which one is meant"
        )
    return {
        path: [box for name in names for box in people[name]]
        for path, names in known.items()
        if names or not are_annotations(entries)
    }


def image_ids(entries, photos: list[pathlib.Path]) -> dict[pathlib.Path, int]:
    """COCO's ids of photos, as far as an annotation file has them."""
    if not are_annotations(entries):
        return {}
    ids = {
        coco_names.plain(name): id_ for id_, name in _images(entries).values()
    }
    named = {path: ids.get(coco_names.plain(path.name)) for path in photos}
    return {path: id_ for path, id_ in named.items() if id_ is not None}


def _people(boxes_path, entries):
    """Boxes by file name or number; of annotations, of all images.

    A bad entry costs one person, who is counted; the first is named.
    """
    faults = []
    if are_annotations(entries):
        for field in ("images", "annotations"):
            if not isinstance(entries[field], list):
                raise errors.InputError(
                    f"{boxes_path}: {field} are no list; want {_FORM}"
                )
        people, rows, name_of = _of_annotations(entries)
    else:
        people, rows, name_of = {}, entries, _detected
    for number, person in enumerate(rows, start=1):
        try:
            if not isinstance(person, dict):
                raise ValueError(f"{person!r:.80} is no object")
            name = name_of(person)
            if name is not None:
                people.setdefault(name, []).append(_box(person))
        except ValueError as fault:
            faults.append(f"entry {number}: {fault}")
    if not faults:
        return people
    if not any(people.values()):
        raise errors.InputError(
            f"{boxes_path}: no detection results or annotations of COCO's form "
            f"({faults[0]}); want {_FORM}"
        )
    logging.warning(
        "%s: leaves out %d people; %s", boxes_path, len(faults), faults[0]
    )
    return people


def _of_annotations(entries):
    """Nobody yet by file name, the people, and what names a person's image."""
    images = _images(entries)
    persons = _person_ids(_objects(entries.get("categories")))

    def name_of(person):
        category = annotation_values.key(person.get("category_id"))
        crowd = annotation_values.number(person.get("iscrowd"))
        if crowd or category not in (None, *persons):
            return None
        key = annotation_values.key(person.get("image_id"))
        if key not in images:
            raise ValueError(f"image_id {key!r:.80} is not listed")
        return coco_names.plain(images[key][1])

    nobody = {coco_names.plain(name): [] for _, name in images.values()}
    return nobody, entries["annotations"], name_of


def _objects(values):
    values = values if isinstance(values, list) else []
    return [value for value in values if isinstance(value, dict)]


def _images(entries):
    """By key of an id, the id itself and the file name."""
    found = {}
    for image in _objects(entries["images"]):
        key, name = (
            annotation_values.key(image.get("id")),
            image.get("file_name"),
        )
        if key is not None and isinstance(name, str):
            found[key] = (
                int(key) if coco_names.is_number(key) else image["id"],
                name,
            )
    return found


def _person_ids(categories):
    ids = {
        annotation_values.key(each.get("id")): str(each.get("name"))
        .strip()
        .lower()
        for each in categories
    }
    named = {key for key, name in ids.items() if name == "person"}
    return named or {str(_PERSON), *ids}


def _detected(person):
    """What names a detection's image; None where it is no person, or in doubt.

    It is a file name, or its stem, or a number.
    """
    score = person.get("score")
    confidence = 1.0 if score is None else annotation_values.number(score)
    if confidence is None:
        raise ValueError(f"score is {score!r:.80}")
    category = annotation_values.key(person.get("category_id"))
    if confidence < LEAST_SCORE or category not in (None, str(_PERSON)):
        return None
    name = person.get("file_name")
    if isinstance(name, str):
        return coco_names.plain(name)
    key = annotation_values.key(person.get("image_id"))
    if key is None:
        raise ValueError("has neither image_id nor file_name")
    return int(key) if coco_names.is_number(key) else coco_names.plain(key)


def _box(person):
    corner_and_size = annotation_values.vector(person.get("bbox"), 4)
    if corner_and_size is None or not (
        np.isfinite(corner_and_size).all() and corner_and_size[2:].min() > 0
    ):
        raise ValueError(
            f"bbox is {person.get('bbox')!r:.80}, want x, y, w, h, w and h "
            "above 0"
        )
    x, y, w, h = corner_and_size.tolist()
    return [x + w / 2, y + h / 2, w, h]
