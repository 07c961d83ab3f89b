"""Large JSON files, read value by value: lists of any length, little memory.

A file's bytes are decoded as Latin-1, one character a byte, so places count
bytes; JSON's own characters are the same there. Values that hold others are
decoded again, as UTF-8.
"""

import codecs
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

_BLOCK = 1 << 18  # Bytes read at once.
_MARK = codecs.BOM_UTF8.decode("latin-1")
_SPACE = " \t\n\r"


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
            object, or one of `lists` is missing or no list.
    """
    try:
        yield from _values(path, lists)
    except (OSError, ValueError, RecursionError) as error:
        # Read whole, which says what is wrong, and where.
        content = json_files.load(path, hint)
        json_files.expect(path, content, dict.fromkeys(lists, list), hint)
        raise errors.InputError(f"{path}: {error}; {hint}") from None


def _values(path, lists):
    with files.open_regular(path) as file:
        text, seen = _Text(file), set()
        for _ in text.parts("{", "}"):
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
        if text.next() or not seen.issuperset(lists):
            raise ValueError("lacks a field, or goes on behind its end")


class Pieces:
    """Values of a file, read by their places; they may be pickled."""

    def __init__(self, path: pathlib.Path):
        """Opens nothing yet."""
        self._path = path
        self._number = None

    def __reduce__(self):
        """Another process opens the file itself."""
        return Pieces, (self._path,)

    def load(self, start: int, size: int) -> object:
        """The value at a place that `read` has told.

        Raises:
            InputError: the file is not the one that was read.
        """
        try:
            if self._number is None:
                self._number = os.open(self._path, os.O_RDONLY)
                weakref.finalize(self, os.close, self._number)
            return json.loads(os.pread(self._number, size, start).decode())
        except (OSError, ValueError):
            raise errors.InputError(
                f"{self._path}: was changed or removed while it was in use; "
                "start again"
            ) from None


class _Text:
    """A text, of which only what lies ahead is in memory."""

    def __init__(self, file):
        self._file = file
        self._text = ""
        self._start = 0  # The byte at which the text begins.
        self._place = 0  # Of the next character in the text.
        self._decode = json.JSONDecoder().raw_decode
        if self._more() and self._text.startswith(_MARK):
            self._place = len(_MARK)

    def _more(self):
        """Reads on; False at the end of the file."""
        # Twice as much each time: a long value is not begun too often.
        more = self._file.read(max(_BLOCK, len(self._text) - self._place))
        self._text = self._text[self._place :] + more.decode("latin-1")
        self._start += self._place
        self._place = 0
        return bool(more)

    def next(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            while self._place < len(self._text):
                character = self._text[self._place]
                if character not in _SPACE:
                    return character
                self._place += 1
            if not self._more():
                return ""

    def take(self, wanted: str):
        """Moves behind a character, which must come next."""
        if self.next() != wanted:
            raise ValueError(f"wants {wanted}")
        self._place += 1

    def parts(self, begin: str, end: str) -> Iterator[None]:
        """Yields where a part of a list or an object begins."""
        self.take(begin)
        if self.next() == end:
            self.take(end)
            return
        while True:
            yield
            if self.next() == end:
                self.take(end)
                return
            self.take(",")

    def value(self) -> tuple[object, int, int]:
        """The value that comes next, its first byte and its size."""
        self.next()
        while True:
            try:
                value, end = self._decode(self._text, self._place)
            except json.JSONDecodeError:
                if not self._more():
                    raise
                continue
            # A number may go on behind what was read.
            if end < len(self._text) or not self._more():
                break
        begin, size = self._place, end - self._place
        part = self._text[begin:end]
        self._place = end
        if not part.isascii():
            value = json.loads(part.encode("latin-1").decode())
        return value, self._start + begin, size
