"""How COCO's files name photos: by a file name, its stem, or a number."""

import pathlib
import re
import unicodedata
from collections.abc import Iterable
from collections.abc import Iterator

_MOST_DIGITS = 19  # Of an id; longer ones are names.


def of_photos(
    photos: Iterable[pathlib.Path],
) -> Iterator[tuple[pathlib.Path, set[str | int]]]:
    """Yields (photo, what a file may call it)."""
    for path in photos:
        names = {plain(path.name), plain(path.stem), number_of(path)}
        yield path, names - {None}


def number_of(photo: pathlib.Path) -> int | None:
    """The id in a name such as 000000000790.jpg."""
    return int(photo.stem) if is_number(photo.stem) else None


def is_number(text: str) -> bool:
    """Whether a text is an id, of digits."""
    return text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS


def plain(name: str) -> str:
    """A file name without its folder, as any system writes it."""
    name = re.split(r"[/\\]", name)[-1]
    return unicodedata.normalize("NFC", name)
