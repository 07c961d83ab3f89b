"""Boxes of the people in photos, from the flags --box and --boxes."""

import dataclasses
import functools
import pathlib
import unicodedata
from collections.abc import Callable

import numpy as np
from absl import logging

from deeppose_tf import errors
from deeppose_tf.geometry import boxes
from deeppose_tf.inference import coco_boxes
from deeppose_tf.storage import json_files

# The exported cascade takes a box of no size as the whole image.
_WHOLE_IMAGE = (0.0, 0.0, 0.0, 0.0)
# Of COCO's boxes, where the model's rule is not known: the pretrained model's.
_AROUND_PEOPLE = functools.partial(boxes.scaled, scale=1.1, square=True)
_FORM = '{"photo.jpg": [[cx, cy, w, h], ...], ...}'


def are_given(
    numbers: list[str] | None, boxes_path: str | None, people: str | None
) -> bool:
    """Whether --box or --boxes says where people are.

    Raises:
        InputError: --people says it too.
    """
    given = (numbers, boxes_path) != (None, None)
    if given and people:
        raise errors.InputError(
            "--box, --boxes and --people exclude each other; give one"
        )
    return given


def from_flags(
    numbers: list[str] | None,
    boxes_path: str | None,
    photos: list[pathlib.Path],
    around: Callable[[np.ndarray], np.ndarray] = _AROUND_PEOPLE,
) -> Callable[[pathlib.Path, np.ndarray], np.ndarray]:
    """The boxes of --box or --boxes; see `from_flag` and `from_file`.

    Returns:
        A function of a photo's path and pixels: float32 [people, 4].

    Raises:
        InputError: both are given, or one is wrong.
    """
    if None not in (numbers, boxes_path):
        raise errors.InputError(
            "--box and --boxes exclude each other; give one"
        )
    if boxes_path is not None:
        return from_file(boxes_path, photos, around)
    box = from_flag(numbers)

    def in_all(path, image):
        refuse_outside(box, image, f"{path}: --box")
        return box

    return in_all


def from_flag(numbers: list[str] | None) -> np.ndarray:
    """The boxes of --box=cx,cy,w,h, float32 [1, 4]; None is the whole image.

    Raises:
        InputError: it is not four numbers, or a box of no size.
    """
    if numbers is None:
        return np.array([_WHOLE_IMAGE], np.float32)
    try:
        box = [float(number) for number in numbers]
    except ValueError:
        box = []
    if not _is_box(box):
        raise errors.InputError(
            f"--box={','.join(numbers)}: want cx,cy,w,h in pixels, w and h "
            "above 0"
        )
    return np.array([box], np.float32)


@dataclasses.dataclass(frozen=True)
class FromFile:
    """The boxes of --boxes=FILE, a function of a photo's path and pixels.

    Attributes:
        boxes_path: of the file.
        by_path: float32 [people, 4], by photo.
        image_ids: COCO's, where the file has any.
        is_coco: whether the file is COCO's, in which a detector's errors are
            left out.
    """

    boxes_path: str
    by_path: dict[pathlib.Path, np.ndarray]
    image_ids: dict[pathlib.Path, int]
    is_coco: bool = False

    def __call__(self, path: pathlib.Path, image: np.ndarray) -> np.ndarray:
        """The boxes in a photo; InputError where the file has none there."""
        if path not in self.by_path:
            raise errors.InputError(
                f"{path}: --boxes={self.boxes_path} does not name it; give its "
                "boxes, [] for nobody"
            )
        box = self.by_path[path]
        if not self.is_coco:
            refuse_outside(box, image, f"{path}: --boxes={self.boxes_path}")
            return box
        height, width = image.shape[:2]
        outside = boxes.are_outside(box, width, height)
        if outside.any():
            logging.warning(
                "%s: --boxes=%s: %d people lie outside the picture, left out",
                *(errors.printable(str(path)), self.boxes_path, outside.sum()),
            )
        return box[~outside]


def refuse_outside(box: np.ndarray, image: np.ndarray, name: str):
    """Raises InputError where a box has no part of the picture in it.

    Args:
        box: float32 [people, 4], pixels; w or h of 0: the whole image.
        image: uint8 [height, width, 3].
        name: of the boxes, for the error.
    """
    height, width = image.shape[:2]
    outside = boxes.are_outside(box, width, height)
    if outside.any():
        cx, cy, w, h = box[outside][0]
        raise errors.InputError(
            f"{name}: {cx:g},{cy:g},{w:g},{h:g} lies outside the picture of "
            f"{width} x {height}; boxes are cx, cy, w, h in pixels of the "
            "upright photo"
        )


def from_file(
    boxes_path: str,
    photos: list[pathlib.Path],
    around: Callable[[np.ndarray], np.ndarray] = _AROUND_PEOPLE,
) -> FromFile:
    """The boxes of --boxes=FILE, by photo.

    Args:
        boxes_path: JSON object: by file name, or by path as on the command
            line, a list of boxes; it is empty for a photo of nobody. Or
            detection results or annotations of COCO's form.
        photos: all photos.
        around: makes the model's boxes of COCO's, float32 [people, 4].

    Raises:
        InputError: the file is missing or damaged, or names another photo.
    """
    entries = json_files.load(pathlib.Path(boxes_path), f"want {_FORM}")
    if isinstance(entries, list) or coco_boxes.are_annotations(entries):
        listed = coco_boxes.by_photo(boxes_path, entries, photos)
        tight = {
            path: _checked(boxes_path, path.name, each)
            for path, each in listed.items()
        }
        return FromFile(
            boxes_path,
            {path: around(box) for path, box in tight.items()},
            coco_boxes.image_ids(entries, photos),
            is_coco=True,
        )
    if not isinstance(entries, dict):
        raise errors.InputError(f"{boxes_path}: no object; want {_FORM}")
    by_path = {}
    for name, listed in entries.items():
        path = _named(boxes_path, name, photos)
        if path in by_path:
            raise errors.InputError(
                f"{boxes_path}: names {path} twice; list all its boxes in one "
                "place"
            )
        by_path[path] = _checked(boxes_path, name, listed)
    return FromFile(boxes_path, by_path, {})


def _named(boxes_path, name, photos):
    for path in photos:
        if _same(name) in (_same(path), _same(path.name)):
            return path
    raise errors.InputError(
        f"{boxes_path}: {name!r} is none of the photos given; names are file "
        "names, or paths as given"
    )


def _same(name):
    """A path however it is written: ./a.jpg, or with accents of their own."""
    return unicodedata.normalize("NFC", str(pathlib.Path(name)))


def _checked(boxes_path, name, listed):
    if not isinstance(listed, list):
        raise errors.InputError(
            f"{boxes_path}: {name!r}: no list of boxes; want {_FORM}"
        )
    for box in listed:
        if not _is_box(box):
            raise errors.InputError(
                f"{boxes_path}: {name!r}: {box}: want [cx, cy, w, h] in "
                "pixels, w and h above 0"
            )
    return np.array(listed, np.float32).reshape(-1, 4)


def _is_box(box):
    return (
        isinstance(box, list)
        and len(box) == 4
        and all(type(number) in (int, float) for number in box)
        and all(abs(number) <= boxes.LARGEST for number in box)  # No NaN.
        and min(np.float32(box[2:])) > 0
    )
