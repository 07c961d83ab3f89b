"""Files and folders that appear complete or not at all, and JSON in them."""

import contextlib
import errno
import json
import os
import pathlib
import re
import shutil
import time
import uuid
from collections.abc import Iterator

from deeppose_tf import errors

_DAY = 24 * 3600  # Seconds; no program fills a folder for as long.


@contextlib.contextmanager
def atomic(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """A temporary path to write to, which is renamed to `path` at the end.

    A reader never sees half a file, and a program that fails leaves none. The
    temporary name is beside `path` and has its suffixes.

    Raises:
        InputError: it cannot be written, as where the disk is full.
    """
    temporary = path.with_name(f".{uuid.uuid4().hex[:8]}.{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        if not _is_disk_full(error) and error.filename != str(temporary):
            raise
        raise errors.InputError(
            f"{path}: {error.strerror or error}; free some space, or write "
            "elsewhere"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def _is_disk_full(error):
    # Such an error names no file; h5py's has no number either.
    return error.errno in (errno.ENOSPC, errno.EDQUOT) or (
        os.strerror(errno.ENOSPC) in str(error)
    )


@contextlib.contextmanager
def temporary_folder(parent: pathlib.Path, name: str) -> Iterator[pathlib.Path]:
    """A new folder to fill, then to be renamed by the caller.

    If it is not renamed it is deleted. Several may be filled at the same time;
    those that killed programs have left behind are deleted after a day.

    Args:
        parent: where it is made; made itself if it is missing.
        name: what it will hold; only leftovers with the same name are deleted.
    """
    ours = re.compile(rf"\.{re.escape(name)}\.[0-9a-f]{{32}}\.writing")
    for leftover in parent.glob(".*.writing"):
        is_old = time.time() - _last_change(leftover) > _DAY
        if ours.fullmatch(leftover.name) and is_old:
            shutil.rmtree(leftover, ignore_errors=True)
    temporary = parent / f".{name}.{uuid.uuid4().hex}.writing"
    temporary.mkdir(parents=True)
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _last_change(folder):
    """When a folder or a file in it was last written to, seconds."""
    changes = [0.0]
    for path in (folder, *folder.rglob("*")):
        # Another program may be renaming its folder just now.
        with contextlib.suppress(FileNotFoundError):
            changes.append(path.stat().st_mtime)
    return max(changes)


def to_json(values) -> str:
    """Values as the text of a JSON file."""
    return json.dumps(values, indent=1) + "\n"


def save(path: pathlib.Path, values):
    """Writes values as JSON."""
    save_text(path, to_json(values))


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
        # JSON makes no difference between 2 and 2.0.
        accepted = (int, float) if kind is float else kind
        if not isinstance(values[field], accepted):
            raise errors.InputError(
                f"{path}: {field} is {values[field]!r}, want a "
                f"{kind.__name__}; {hint}"
            )
