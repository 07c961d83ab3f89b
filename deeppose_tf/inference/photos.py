"""Finds photos in folders, loads them upright, and goes through them."""

import pathlib
import re
import sys
from collections.abc import Callable

import numpy as np
import tqdm
from PIL import Image
from PIL import ImageOps

from deeppose_tf import errors
from deeppose_tf import picture_formats

_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
_JPEG = (".jpg", ".jpeg")
# End of the stems of the pictures that `predict` draws.
_DRAWN_STEM = ".pose"


def find(
    names: list[str],
    more_suffixes: tuple[str, ...] = (),
    recursive: bool = False,
) -> list[pathlib.Path]:
    """The pictures among files and folders, each once.

    Args:
        names: of files, whatever their suffix, and of folders. Names that
            cannot be are kept, unless all are such; `each` tells of them.
        more_suffixes: of other files to take from a folder, such as videos.
        recursive: whether folders inside of folders are searched.

    Raises:
        InputError: no name can be, or two pictures would be written to the
            same output.
    """
    paths = []
    for name in names:
        folder = pathlib.Path(name)
        inside = _in_folder(folder, _SUFFIXES + more_suffixes, recursive)
        paths += inside or [folder]
    if paths and not any(path.is_file() for path in paths):
        _check(paths[0])
    by_output = {}
    for path in paths:
        output = below(path, names) / path.stem
        first = by_output.setdefault(output, path)
        if first != path:
            raise errors.InputError(
                f"{first} and {path} would both be written as {output}.*; "
                "predict them into two folders"
            )
    return list(by_output.values())


def below(path: pathlib.Path, names: list[str]) -> pathlib.Path:
    """The folder of a picture inside of the one that was named, or `.`."""
    for name in names:
        if path != pathlib.Path(name) and path.is_relative_to(name):
            return path.parent.relative_to(name)
    return pathlib.Path()


def _in_folder(folder, suffixes, recursive):
    """Pictures, without hidden files and the drawings of `predict`."""
    return sorted(
        path
        for path in (folder.rglob("*") if recursive else folder.glob("*"))
        if path.suffix.lower() in suffixes
        and not any(p.startswith(".") for p in path.relative_to(folder).parts)
        and not path.stem.endswith(_DRAWN_STEM)
    )


def _check(path):
    """Raises InputError where there is no file, with what to do."""
    name = str(path)
    # pathlib makes one slash of two.
    if re.match(r"[a-z]+:/", name):
        raise errors.InputError(
            f"{name}: addresses are not read; download it, or record a stream "
            "with ffmpeg -i ADDRESS -t 60 film.mp4, and name the file"
        )
    if name.isdigit() and not path.exists():
        raise errors.InputError(
            f"{name}: no such file, and cameras are not read; record one with "
            f"ffmpeg -i /dev/video{name} -t 60 film.mp4, and name the file"
        )
    if path.is_dir():
        raise errors.InputError(
            f"{path}: holds no picture ({', '.join(_SUFFIXES)}); "
            "predict --recursive searches the folders in it"
        )
    if not path.exists():
        raise errors.InputError(f"{path}: no such picture or folder")


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
        with picture_formats.open_image(path) as image:
            upright = ImageOps.exif_transpose(eight_bits(image))
            upright = upright.convert("RGB")
    except Exception as error:  # Pillow's plugins raise many kinds.
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
            _check(path)
            work(path)
        except errors.InputError as error:
            tqdm.tqdm.write(f"error: {error}", file=sys.stderr)
            failed += 1
    if failed:
        raise errors.InputError(f"{failed} of {len(paths)} files failed")
