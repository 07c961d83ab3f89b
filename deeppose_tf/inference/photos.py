"""Finds photos in folders, loads them upright, and goes through them."""

import pathlib
import struct
import sys
from collections.abc import Callable

import numpy as np
import tqdm
from PIL import Image
from PIL import ImageOps

from deeppose_tf import errors

_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
_JPEG = (".jpg", ".jpeg")
# End of the stems of the pictures that `predict` draws.
_DRAWN_STEM = ".pose"


def find(
    names: list[str], more_suffixes: tuple[str, ...] = ()
) -> list[pathlib.Path]:
    """The pictures among files and folders, each once.

    Args:
        names: of files, whatever their suffix, and of folders.
        more_suffixes: of other files to take from a folder, such as videos.

    Raises:
        InputError: a name does not exist, a folder holds no picture, or two
            pictures would be written to the same output.
    """
    paths, suffixes = [], _SUFFIXES + more_suffixes
    for name in names:
        path = pathlib.Path(name)
        if not path.exists():
            raise errors.InputError(f"{path}: no such picture or folder")
        inside = _in_folder(path, suffixes) if path.is_dir() else [path]
        if not inside:
            raise errors.InputError(
                f"{path}: holds no picture ({', '.join(suffixes)})"
            )
        paths += inside
    by_stem = {}
    for path in paths:
        first = by_stem.setdefault(path.stem, path)
        if first != path:
            raise errors.InputError(
                f"{first} and {path} would both be written as {path.stem}.*; "
                "predict them into two folders"
            )
    return list(by_stem.values())


def _in_folder(folder, suffixes):
    """Pictures, without hidden files and the drawings of `predict`."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in suffixes
        and not path.name.startswith(".")
        and not path.stem.endswith(_DRAWN_STEM)
    )


def drawing_name(photo: pathlib.Path) -> str:
    """NAME.pose.jpg of a JPEG; of others NAME.pose.png, which loses nothing."""
    suffix = ".jpg" if photo.suffix.lower() in _JPEG else ".png"
    return f"{photo.stem}{_DRAWN_STEM}{suffix}"


def load(path: pathlib.Path) -> np.ndarray:
    """A picture of any kind, turned upright, as uint8 [height, width, 3].

    Raises:
        InputError: it is no picture, or is cut short.
    """
    try:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(eight_bits(image))
            upright = upright.convert("RGB")
    except (
        OSError,
        ValueError,
        SyntaxError,
        # Damaged EXIF data.
        KeyError,
        TypeError,
        struct.error,
        Image.DecompressionBombError,
    ) as error:
        raise errors.InputError(
            f"{path}: not a readable picture ({error}); copy it again"
        ) from error
    return np.asarray(upright)


def eight_bits(image):
    """The upper 8 of 16 bits, as a server decodes them; Pillow would clip."""
    if image.mode != "I" and not image.mode.startswith("I;16"):
        return image
    upper = np.asarray(image).astype(np.int64) >> 8
    eight = Image.fromarray(upper.clip(0, 255).astype(np.uint8))
    eight.info.update(image.info)  # EXIF data among it.
    return eight


def each(paths: list[pathlib.Path], work: Callable[[pathlib.Path], None]):
    """Calls `work` for each picture, and goes on after an InputError.

    Raises:
        InputError: at the end, how many pictures failed.
    """
    failed = 0
    # disable=None: a bar on a terminal only.
    for path in tqdm.tqdm(paths, unit="photo", disable=None):
        try:
            work(path)
        except errors.InputError as error:
            tqdm.tqdm.write(f"error: {error}", file=sys.stderr)
            failed += 1
    if failed:
        raise errors.InputError(f"{failed} of {len(paths)} files failed")
