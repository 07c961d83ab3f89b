"""Versions in saved_models/NAME/VERSION: added, listed, dropped."""

import pathlib
import shutil
from collections.abc import Callable

from deeppose_tf import files
from deeppose_tf import installed
from deeppose_tf.serving import interface

# The pretrained model; saved_models/README.md describes it.
PRETRAINED = installed.SAVED_MODELS / "lsp_extended"
# What finds people in photos, if nobody says where they are.
FINDER = installed.SAVED_MODELS / "person_finder"

# What an export writes last, of a SavedModel and of LiteRT's files.
_CARDS = (interface.METADATA, "deeppose.json")
_LOADING = 2


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
        if any((folder / str(number) / name).exists() for name in _CARDS)
    ]


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
    if not (folder / "saved_model.pb").exists() and versions(folder):
        folder = folder / str(max(versions(folder)))
    complete = (folder / "saved_model.pb").exists() and (
        folder / interface.METADATA
    ).exists()
    return folder if complete else None
