"""People's boxes from COCO's files: detection results and annotations.

Detection results are `[{"image_id": 790, "category_id": 1, "bbox": [x, y, w,
h], "score": 0.9}, ...]`, where `"file_name": "a.jpg"` may stand for `image_id`;
annotation files are `{"images": [...], "annotations": [...]}`. A bbox begins
with its upper left corner, in pixels, and is tight around a person.
"""

import pathlib

from deeppose_tf import errors

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
    try:
        people = _people(entries)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise errors.InputError(
            f"{boxes_path}: no detection results or annotations of COCO's form "
            f"({type(error).__name__}: {error}); want {_FORM}"
        ) from error
    known = {path: names & people.keys() for path, names in _names(photos)}
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
    ids = {_file_name(image): image["id"] for image in entries["images"]}
    return {path: ids[path.name] for path in photos if path.name in ids}


def number_of(photo: pathlib.Path) -> int | None:
    """The id in a name such as 000000000790.jpg."""
    digits = photo.stem.isascii() and photo.stem.isdigit()
    return int(photo.stem) if digits else None


def _people(entries):
    """Boxes by file name or number; of annotations, of all images."""
    if not are_annotations(entries):
        people = {}
        for person in entries:
            if _is_detected(person):
                name = _name_of(person)
                people.setdefault(name, []).append(_box(person))
        return people
    names = {image["id"]: _file_name(image) for image in entries["images"]}
    people = {name: [] for name in names.values()}
    persons = _person_ids(entries.get("categories", []))
    for person in entries["annotations"]:
        is_person = person.get("category_id", _PERSON) in persons
        if is_person and not person.get("iscrowd", 0):
            people[names[person["image_id"]]].append(_box(person))
    return people


def _person_ids(categories):
    named = {each["id"] for each in categories if each["name"] == "person"}
    return named or {_PERSON, *(each["id"] for each in categories)}


def _is_detected(person):
    sure = person.get("score", 1.0) >= LEAST_SCORE
    return sure and person.get("category_id", _PERSON) == _PERSON


def _name_of(person):
    if "file_name" in person:
        return _file_name(person)
    name = person["image_id"]
    return int(name) if str(name).isdigit() else str(name)


def _file_name(entry):
    return pathlib.PurePath(entry["file_name"]).name


def _names(photos):
    """(photo, what a file may call it)."""
    for path in photos:
        yield path, {path.name, path.stem, number_of(path)} - {None}


def _box(person):
    x, y, w, h = person["bbox"]
    return [x + w / 2, y + h / 2, w, h]
