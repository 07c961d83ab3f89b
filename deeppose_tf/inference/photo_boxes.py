"""Where the people of a photo are, as its user says it."""

import pathlib
from collections.abc import Callable

import numpy as np

from deeppose_tf import errors
from deeppose_tf import files
from deeppose_tf.geometry import boxes

# The graph's word for the whole image.
WHOLE = (0.0, 0.0, 0.0, 0.0)
_FORM = '{"photo.jpg": [[cx, cy, w, h], ...], ...}'


def from_flags(
    words: list[str] | None, boxes_path: str | None, photos: list[pathlib.Path]
) -> Callable[[pathlib.Path, np.ndarray], np.ndarray]:
    """The boxes of --box or --boxes; see `from_flag` and `from_file`.

    Returns:
        A function of a photo's path and pixels: float32 [people, 4].

    Raises:
        InputError: both are given, or one is wrong.
    """
    if None not in (words, boxes_path):
        raise errors.InputError(
            "--box and --boxes each say where people are: give one"
        )
    if boxes_path is not None:
        return from_file(boxes_path, photos)
    one = from_flag(words)
    return lambda path, image: one


def from_flag(words: list[str] | None) -> np.ndarray:
    """The boxes of --box=cx,cy,w,h, float32 [1, 4]; None is the whole image.

    Raises:
        InputError: it is not four numbers, or a box of no size.
    """
    if words is None:
        return np.array([WHOLE], np.float32)
    try:
        box = [float(number) for number in words]
    except ValueError:
        box = []
    if not _is_box(box):
        raise errors.InputError(
            f"--box={','.join(words)}: want cx,cy,w,h in pixels, w and h "
            "above 0"
        )
    return np.array([box], np.float32)


def from_file(
    boxes_path: str, photos: list[pathlib.Path]
) -> Callable[[pathlib.Path, np.ndarray], np.ndarray]:
    """The boxes of --boxes=FILE, for each photo its own.

    Args:
        boxes_path: JSON: by file name, or by path as the photo was given, a
            list of boxes; an empty one says that nobody is there.
        photos: all photos.

    Returns:
        A function of a photo's path and pixels: float32 [people, 4]. It raises
        InputError for a photo that the file does not name.

    Raises:
        InputError: the file is missing or damaged, or names no photo of these.
    """
    entries = files.load(pathlib.Path(boxes_path), f"want {_FORM}")
    if not isinstance(entries, dict):
        raise errors.InputError(f"{boxes_path}: no object; want {_FORM}")
    found = {}
    for name, listed in entries.items():
        path = _named(boxes_path, name, photos)
        if path in found:
            raise errors.InputError(
                f"{boxes_path}: names {path} twice; put its boxes together"
            )
        found[path] = _checked(boxes_path, name, listed)

    def boxes_of(path, image):
        if path not in found:
            raise errors.InputError(
                f"{path}: --boxes={boxes_path} does not name it; give its "
                "boxes, [] for nobody"
            )
        return found[path]

    return boxes_of


def _named(boxes_path, name, photos):
    for path in photos:
        if pathlib.Path(name) in (path, pathlib.Path(path.name)):
            return path
    raise errors.InputError(
        f"{boxes_path}: {name!r} is none of the photos given; names are file "
        "names, or paths as given"
    )


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
        and all(abs(number) <= boxes.LARGEST for number in box)  # NaN is not.
        and min(np.float32(box[2:])) > 0
    )
