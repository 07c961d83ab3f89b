"""Files and folders that appear complete or not at all; files that end."""

import codecs
import contextlib
import errno
import os
import pathlib
import re
import shutil
import stat
import time
import uuid
from collections.abc import Iterator
from typing import BinaryIO

from deeppose_tf import errors

_DAY = 24 * 3600  # Seconds; no program fills a folder for as long.
# Bytes of an annotation file; COCO's largest has a fifth of them.
_LARGEST = 2**31
# Some systems have no such flags.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_READ |= getattr(os, "O_BINARY", 0)
# UTF-32 first, whose mark begins like that of UTF-16.
_OTHER_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


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


def save_text(path: pathlib.Path, text: str):
    """Writes a text file; see `atomic`."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read(path: pathlib.Path, largest: int = _LARGEST) -> bytes:
    """The bytes of a regular file; links are followed.

    A pipe would be waited for, a device may never end.

    Args:
        path: of the file.
        largest: number of bytes that it may have.

    Raises:
        OSError: there is none, or it is a folder, pipe or device, or larger.
    """
    # Without Python's own file objects, which take twice as long to make.
    number = open_number(path)
    try:
        size = os.fstat(number).st_size
        if size > largest:
            raise OSError(errno.EFBIG, f"above {largest} bytes", str(path))
        content = os.read(number, size)
        if len(content) < size:  # The system reads up to 2 GB at once.
            with os.fdopen(number, "rb", closefd=False) as file:
                content += file.read()
        return content
    finally:
        os.close(number)


def open_regular(path: pathlib.Path) -> BinaryIO:
    """Opens a file of any size, to be read piece by piece; see `read`.

    Raises:
        OSError: there is none, or it is a folder, pipe or device.
    """
    return open(path, "rb", opener=open_number)


def open_number(path: pathlib.Path, _: int = 0) -> int:
    """The system's number of an opened file; see `open_regular`."""
    number = os.open(path, _READ)
    if stat.S_ISREG(os.fstat(number).st_mode):
        return number
    os.close(number)
    raise OSError(errno.EINVAL, "no regular file", str(path))


def read_text(path: pathlib.Path) -> str:
    """A text file in UTF-8, with or without a byte order mark; see `read`.

    Raises:
        OSError: as `read` does.
        ValueError: it is in another encoding; the message names the way out.
    """
    content = read(path)
    for mark, name in _OTHER_ENCODINGS:
        if content.startswith(mark):
            raise ValueError(f"is {name}; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"line {line} holds a byte that is no UTF-8; save it as UTF-8"
        ) from None
