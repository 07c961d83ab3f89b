"""Versions in saved_models/NAME/VERSION: added, listed, dropped."""

import pathlib
import re
import shutil
from collections.abc import Callable

from absl import logging

from deeppose_tf import errors
from deeppose_tf.launch import installed
from deeppose_tf.serving import interface
from deeppose_tf.storage import digests
from deeppose_tf.storage import files

# The pretrained model; saved_models/README.md describes it.
PRETRAINED = installed.SAVED_MODELS / "lsp_extended"
# For videos: lsp_extended_fast in int8 for LiteRT, without its mirror image.
PRETRAINED_LITE = installed.SAVED_MODELS / "lsp_extended_lite"
# What finds people in photos, if nobody says where they are.
FINDER = installed.SAVED_MODELS / "person_finder"

# What no SavedModel is without, and no export for LiteRT.
_SAVED_MODEL = (
    "saved_model.pb",
    "variables/variables.index",
    "variables/variables.data-*",
    interface.METADATA,
)
_LITERT = (interface.LITERT_METADATA, "*.tflite")
_LOADING = 2
_DELETING = re.compile(r"\.\d+\.deleting")


def add(
    folder: pathlib.Path, write: Callable[[pathlib.Path], None]
) -> pathlib.Path:
    """Adds the next version to saved_models/NAME: numbers count up.

    Args:
        folder: saved_models/NAME; made where it is missing.
        write: fills the temporary folder that it is called with; only a
            complete one is given its number.

    Returns:
        The new folder, saved_models/NAME/VERSION.
    """
    with files.temporary_folder(folder, "version") as temporary:
        write(temporary)
        return _number(temporary)


def _number(temporary):
    while True:
        folder = temporary.parent
        version = folder / str(max([0, *_numbers(folder)]) + 1)
        try:
            return temporary.rename(version)
        except OSError:
            # Another export may just have taken the number.
            if not version.exists():
                raise


def keep_newest(folder: pathlib.Path, count: int):
    """Deletes all but the newest versions in saved_models/NAME.

    The newest two stay: a server may be loading the one before the last.
    """
    for stopped in folder.glob(".*.deleting"):
        if _DELETING.fullmatch(stopped.name) and stopped.is_dir():
            shutil.rmtree(stopped)
    for version in sorted(versions(folder))[: -max(count, _LOADING)]:
        # A server that looks for versions must never find half of one.
        doomed = folder / f".{version}.deleting"
        (folder / str(version)).rename(doomed)
        shutil.rmtree(doomed)


def versions(folder: pathlib.Path) -> list[int]:
    """Numbers of the complete versions in saved_models/NAME, or litert/NAME."""
    return [
        number
        for number in _numbers(folder)
        if _is_complete(folder / str(number), _SAVED_MODEL)
        or _is_complete(folder / str(number), _LITERT)
    ]


def is_litert(version: pathlib.Path) -> bool:
    """Whether an export is one for LiteRT."""
    return _is_complete(version, _LITERT)


def card(version: pathlib.Path) -> pathlib.Path:
    """Where deeppose.json of an export lies."""
    is_small = is_litert(version)
    return version / (
        interface.LITERT_METADATA if is_small else interface.METADATA
    )


def _is_complete(version, patterns):
    if not all(any(version.glob(pattern)) for pattern in patterns):
        return False
    try:
        return not digests.missing(version)
    # Damaged: whoever loads the version says so.
    except errors.InputError:
        return True


def _numbers(folder):
    folders = (p for p in folder.glob("*") if p.is_dir())
    # A name such as 01 is none that an export gave.
    names = (p.name for p in folders if p.name.isdecimal())
    return [int(name) for name in names if name == str(int(name))]


def newest(folder: pathlib.Path) -> pathlib.Path | None:
    """The export that a folder is, or its newest; None where it has none.

    An installed one where the working folder has none; see installed.py.
    """
    folder = installed.find(folder)
    numbers = versions(folder)
    is_one = (folder / "saved_model.pb").exists() or is_litert(folder)
    if not is_one and numbers:
        newest_number = max(numbers)
        for number in _numbers(folder):
            if number > newest_number:
                logging.warning(
                    "%s: not a complete export, left out", folder / str(number)
                )
        folder = folder / str(newest_number)
    is_complete = is_litert(folder) or (
        (folder / "saved_model.pb").exists()
        and (folder / interface.METADATA).exists()
    )
    return folder if is_complete else None
