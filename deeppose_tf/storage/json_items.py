"""Large JSON files, read value by value: lists of any length, little memory."""

import dataclasses
import json
import os
import pathlib
import weakref
from collections.abc import Collection
from collections.abc import Iterator

from deeppose_tf import errors
from deeppose_tf.storage import files
from deeppose_tf.storage import json_files
from deeppose_tf.storage import json_text


@dataclasses.dataclass(frozen=True, slots=True)
class Item:
    """A value of a file.

    Attributes:
        field: of the file's object, in which it is.
        value: the item of a list, or the field's whole value.
        start: its first byte.
        size: in bytes.
    """

    field: str
    value: object
    start: int
    size: int


def read(
    path: pathlib.Path, lists: Collection[str], hint: str
) -> Iterator[Item]:
    """Yields the values of a file that is one object, in order.

    Args:
        path: of the file.
        lists: its fields of which each item is a value of its own.
        hint: how to get a sound file, the end of each error.

    Raises:
        InputError: the file is missing, no regular file, or no JSON; it is no
            object, or one of `lists` is missing or no list; a value has 64 MiB
            or more.
    """
    try:
        yield from _values(path, lists)
    except (OSError, ValueError, RecursionError) as error:
        if not _is_large(path):
            # Read whole, which says what is wrong, and where.
            content = json_files.load(path, hint)
            json_files.expect(path, content, dict.fromkeys(lists, list), hint)
        raise errors.InputError(f"{path}: {error}; {hint}") from None


def _is_large(path):
    return path.is_file() and path.stat().st_size >= json_text.TOO_LARGE


def _values(path, lists):
    with files.open_regular(path) as file:
        text, seen = json_text.Text(file), set()
        for _ in text.parts("{", "}"):
            text.expect('"')
            field, *_ = text.value()
            if field in seen:
                raise ValueError(f"has two fields {field!r}")
            seen.add(field)
            text.take(":")
            if field not in lists:
                yield Item(field, *text.value())
                continue
            for _ in text.parts("[", "]"):
                yield Item(field, *text.value())
        text.expect("")
        missing = sorted({*lists} - seen)
        if missing:
            raise ValueError(f"lacks {', '.join(missing)}")


class Pieces:
    """Values of a file, read by their places; they may be pickled."""

    def __init__(self, path: pathlib.Path, stamp: tuple | None = None):
        """Opens nothing yet.

        Args:
            path: of the file.
            stamp: what `_stamp` has told of it; by default it is asked now.
        """
        self._path = path
        self._stamp = stamp or _stamp(path)
        self._number = None

    def __reduce__(self):
        """Another process opens the file itself."""
        return Pieces, (self._path, self._stamp)

    def load(self, start: int, size: int) -> object:
        """The value at a place that `read` has told.

        Raises:
            InputError: the file is not the one that was read.
        """
        try:
            if self._number is None:
                self._number = files.open_number(self._path)
                weakref.finalize(self, os.close, self._number)
            # Another content may have a value in the same place.
            if _stamp(self._number) != self._stamp:
                raise ValueError("changed")
            return json.loads(os.pread(self._number, size, start).decode())
        except (OSError, ValueError):
            raise errors.InputError(
                f"{self._path}: was changed or removed while it was in use; "
                "start again"
            ) from None


def _stamp(file):
    """Size and time of the last change of a file, by path or number."""
    try:
        status = os.stat(file)
    except OSError:  # Nothing can be read of it, which is told then.
        return None
    return status.st_size, status.st_mtime_ns
