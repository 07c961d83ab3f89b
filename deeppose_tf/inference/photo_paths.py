"""Finds photos among files and in folders, and names their outputs."""

import os
import pathlib
import re

from absl import logging

from deeppose_tf import errors
from deeppose_tf import picture_formats

_JPEG = (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo")
# End of the stems of drawings and poses.
_WRITTEN_STEM = ".pose"
_EXAMPLES = 5  # File names in a warning.


def find(
    names: list[str],
    more_suffixes: tuple[str, ...] = (),
    recursive: bool = False,
) -> list[pathlib.Path]:
    """The pictures among files and folders, each once.

    What a folder has beside them is named in the log.

    Args:
        names: of files, whatever their suffix, and of folders. Names that
            cannot be are kept, unless all are such; `photos.each` tells of
            them.
        more_suffixes: of other files to take from a folder, such as videos.
        recursive: whether folders inside of folders are searched.

    Raises:
        InputError: no name can be.
    """
    suffixes = picture_formats.SUFFIXES + more_suffixes
    paths = []
    for name in names:
        folder = pathlib.Path(name)
        inside = []
        if os.path.isdir(folder):
            inside = _in_folder(folder, suffixes, recursive)
        paths += inside or [folder]
    if paths and not any(map(os.path.isfile, paths)):
        check(paths[0])
    return list(dict.fromkeys(paths))


def clashes(
    paths: list[pathlib.Path], names: list[str]
) -> dict[pathlib.Path, str]:
    """Of pictures that would be written to the output of another, the fault.

    The first of them has none. A phone's Live Photo, a picture and a video of
    one name, is a common case.

    Args:
        paths: of the pictures.
        names: of the files and folders that they were found in.
    """
    by_output, faults = {}, {}
    for path in paths:
        output = below(path, names) / path.stem
        first = by_output.setdefault(output, path)
        if first != path:
            faults[path] = (
                f"{path}: would be written as {output}.*, like {first}; "
                "give it another --output_dir"
            )
    return faults


def below(path: pathlib.Path, names: list[str]) -> pathlib.Path:
    """The folder of a picture inside of the one that was named, or `.`."""
    for name in names:
        if path != pathlib.Path(name) and path.is_relative_to(name):
            return path.parent.relative_to(name)
    return pathlib.Path()


def _in_folder(folder, suffixes, recursive):
    """Pictures, without hidden files, drawings and poses."""
    taken, left_out, folders = [], [], []
    for place, inner, names in os.walk(folder, onerror=_tell_unreadable):
        inner[:] = [name for name in inner if not name.startswith(".")]
        if not recursive:
            folders, inner[:] = inner[:], []
        for path in (pathlib.Path(place, name) for name in names):
            if path.name.startswith(".") or path.stem.endswith(_WRITTEN_STEM):
                continue
            wanted = path.suffix.lower() in suffixes
            (taken if wanted else left_out).append(path)
    if taken:
        _tell_left_out(folder, sorted(left_out), folders)
    return sorted(taken)


def _tell_unreadable(error):
    logging.warning("%s: cannot be searched (%s)", error.filename, error)


def _tell_left_out(folder, left_out, folders):
    if left_out:
        names = [str(path.relative_to(folder)) for path in left_out]
        logging.warning(
            "%s: leaves out %d files that are no pictures here: %s%s%s",
            folder,
            len(names),
            errors.printable(", ".join(names[:_EXAMPLES])),
            ", ..." * (len(names) > _EXAMPLES),
            "; convert HEIC to JPEG" * any(map(_is_heic, left_out)),
        )
    if folders:
        logging.warning(
            "%s: leaves out %d folders in it; --recursive searches them",
            folder,
            len(folders),
        )


def _is_heic(path):
    return path.suffix.lower() in picture_formats.HEIC_SUFFIXES


def check(path: pathlib.Path):
    """Raises InputError where there is no file, with what to do."""
    name = str(path)
    # pathlib makes one slash of two.
    if re.match(r"[a-z]+:/", name):
        raise errors.InputError(
            f"{name}: addresses are not read; download it, or record a stream "
            "with ffmpeg -i ADDRESS -t 60 film.mp4, and name the file"
        )
    exists = os.path.exists(path)
    if name.isdigit() and not exists:
        raise errors.InputError(
            f"{name}: no such file, and cameras are not read; record one with "
            f"ffmpeg -i /dev/video{name} -t 60 film.mp4, and name the file"
        )
    if os.path.isdir(path):
        raise errors.InputError(f"{path}: holds no picture{_hint(path)}")
    if not exists:
        raise errors.InputError(f"{path}: no such picture or folder")
    if not os.path.isfile(path):
        raise errors.InputError(
            f"{path}: no regular file; copy what it gives into one"
        )


def _hint(folder):
    """What may be meant by a folder without pictures."""
    if not os.access(folder, os.R_OK | os.X_OK):
        return ": permission denied"
    paths = [pathlib.Path(name) for name in os.listdir(folder)]
    if any(map(_is_heic, paths)):
        return " that is read; convert HEIC to JPEG"
    drawings = any(path.stem.endswith(_WRITTEN_STEM) for path in paths)
    return (
        f" ({', '.join(picture_formats.SUFFIXES)})"
        + f" but drawings, *{_WRITTEN_STEM}.*" * drawings
        + "; --recursive searches the folders in it"
    )


def drawing_name(photo: pathlib.Path) -> str:
    """NAME.pose.jpg of a JPEG; of others NAME.pose.png, which loses nothing."""
    suffix = ".jpg" if photo.suffix.lower() in _JPEG else ".png"
    return f"{photo.stem}{_WRITTEN_STEM}{suffix}"
