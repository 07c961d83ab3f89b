"""Files and folders that appear complete or not at all, and JSON in them."""

import contextlib
import json
import os
import pathlib
import shutil
import threading
import time
from collections.abc import Iterator

from deeppose_tf import errors

_DAY = 24 * 3600  # Seconds; no program fills a folder for as long.


@contextlib.contextmanager
def atomic(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """A temporary path to write to, which is renamed to `path` at the end.

    A reader never sees half a file, and a program that fails leaves none. The
    temporary name has the suffixes of `path`.

    Raises:
        InputError: it cannot be written, as where the disk is full.
    """
    temporary = path.with_name(f".writing.{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        if error.filename not in (None, str(temporary)):
            raise
        # The error of a full disk names no file.
        raise errors.InputError(
            f"{path}: {error.strerror or error}; free some space, or write "
            "elsewhere"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def temporary_folder(parent: pathlib.Path) -> Iterator[pathlib.Path]:
    """A new folder to fill, then to be renamed by the caller.

    If it is not renamed it is deleted. Several may be filled at the same time;
    what killed programs have left behind is deleted after a day.

    Args:
        parent: where it is made; made itself if it is missing.
    """
    for killed in parent.glob(".*.writing"):
        if time.time() - killed.stat().st_mtime > _DAY:
            shutil.rmtree(killed, ignore_errors=True)
    temporary = parent / f".{os.getpid()}-{threading.get_ident()}.writing"
    temporary.mkdir(parents=True)
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def save(path: pathlib.Path, values):
    """Writes values as JSON."""
    save_text(path, json.dumps(values, indent=1) + "\n")


def save_text(path: pathlib.Path, text: str):
    """Writes a text file; see `atomic`."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def load(path: pathlib.Path, hint: str):
    """Inverse of `save`.

    Raises:
        InputError: the file is missing or no JSON; the message ends with
            `hint`, which says how to get a sound one.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise errors.InputError(f"{path}: missing; {hint}") from None
    except ValueError as error:
        raise errors.InputError(f"{path}: {error}; {hint}") from None


def expect(path: pathlib.Path, values, kinds: dict[str, type], hint: str):
    """Checks that a part of a JSON file has fields of the right types.

    Args:
        path: of the file, for the message.
        values: what should be an object with these fields.
        kinds: by field, the type of its value.
        hint: how to get a sound file.

    Raises:
        InputError: it is no object, or a field is missing or of another type.
    """
    if not isinstance(values, dict):
        raise errors.InputError(f"{path}: {values!r} is no object; {hint}")
    missing = sorted(kinds.keys() - values.keys())
    if missing:
        raise errors.InputError(f"{path}: lacks {', '.join(missing)}; {hint}")
    for field, kind in kinds.items():
        if not isinstance(values[field], kind):
            raise errors.InputError(
                f"{path}: {field} is {values[field]!r}, want a "
                f"{kind.__name__}; {hint}"
            )
