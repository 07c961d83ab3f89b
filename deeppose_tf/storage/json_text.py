"""The text of a JSON file, value by value; what lies behind is forgotten.

A file's bytes are decoded as Latin-1, one character a byte, so places count
bytes; JSON's own characters are the same there. Values that hold others are
decoded again, as UTF-8.
"""

import codecs
import json
from collections.abc import Iterator
from typing import BinaryIO

_BLOCK = 1 << 18  # Bytes read at once.
# Bytes of a value that is refused, since all of it would be in memory. People
# and pictures have thousands.
TOO_LARGE = 1 << 26
_MARK = codecs.BOM_UTF8.decode("latin-1")
_SPACE = " \t\n\r"
# A number goes on by these, and shows it after 3 of them at most: 1, 1e+5.
_OF_NUMBERS = "+-.0123456789Ee"
_LONGEST_PART = 3


class Text:
    """A text, of which only what lies ahead is in memory.

    What is read raises ValueError where the text is no JSON, is cut short, or
    has a value of `TOO_LARGE` bytes.
    """

    def __init__(self, file: BinaryIO):
        """Begins with the start of a file."""
        self._file = file
        self._text = ""
        self._start = 0  # The byte at which the text begins.
        self._place = 0  # Of the next character in the text.
        self._decode = json.JSONDecoder().raw_decode
        if self._more() and self._text.startswith(_MARK):
            self._place = len(_MARK)

    def _more(self):
        """Reads on; False at the end of the file, where nothing changes."""
        ahead = len(self._text) - self._place
        if ahead >= TOO_LARGE:
            raise ValueError(
                f"wants a value of less than {TOO_LARGE >> 20} MiB "
                f"{self._here()}"
            )
        # Twice as much each time: a long value is not begun too often.
        size = min(max(_BLOCK, ahead), TOO_LARGE - ahead)
        more = self._file.read(size).decode("latin-1")
        if more:
            self._text = self._text[self._place :] + more
            self._start += self._place
            self._place = 0
        return bool(more)

    def _here(self):
        return f"at byte {self._start + self._place}"

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

    def expect(self, wanted: str):
        """Raises ValueError where another character comes next, or none."""
        found = self.next()
        if not found and wanted:
            raise ValueError("is cut short; copy it again")
        if found != wanted:
            raise ValueError(
                f"no JSON: wants {wanted or 'its end'} {self._here()}"
            )

    def take(self, wanted: str):
        """Moves behind a character; see `expect`."""
        self.expect(wanted)
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
                    raise ValueError(
                        f"is cut short or no JSON {self._here()}; copy it again"
                    ) from None
                continue
            if not self._may_go_on(end) or not self._more():
                break
        begin, size = self._place, end - self._place
        part = self._text[begin:end]
        self._place = end
        if not part.isascii():
            value = json.loads(part.encode("latin-1").decode())
        return value, self._start + begin, size

    def _may_go_on(self, end):
        """Whether what was read may be the beginning of a longer number."""
        behind = self._text[end : end + _LONGEST_PART]
        # The decoder takes 1 out of 1. or 1e+, where 5 may come next.
        return len(behind) < _LONGEST_PART and behind[:1] in _OF_NUMBERS
