"""Names of pictures as annotation files write them: what they may reach.

A file of somebody else could name any file of this machine. Links that lie in
the source folder are its owner's, and are followed.
"""

import os
import pathlib
import re
import unicodedata

NO_NAME = "no image name"
OUTSIDE = "image outside the source folder: needs --allow_outside"
# A part of a path that is empty, . or ..; most names have none.
_DOTS = re.compile(r"(^|/)\.{0,2}(/|$)")


def resolve(folder: pathlib.Path, *parts: object) -> tuple[str, bool]:
    """A picture's path from the source folder, and whether it stays in there.

    ./a.jpg and a.jpg are one picture, so the path is its id too.

    Args:
        folder: the source folder.
        *parts: of the path, the last of them as the annotations have it.

    Returns:
        The normalized path; empty where the name is none.
    """
    name = parts[-1]
    if not isinstance(name, str) or not name.strip() or "\0" in name:
        return "", True
    name = _as_on_disk(folder, parts[:-1], name.strip())
    if not _DOTS.search(name):
        return "/".join((*parts[:-1], name)), True
    start = os.path.abspath(folder)
    path = os.path.relpath(os.path.join(start, *parts[:-1], name), start)
    path = pathlib.Path(path).as_posix()
    return path, path != ".." and not path.startswith("../")


def _as_on_disk(folder, parts, name):
    """A name of Windows or macOS as this machine writes it, if that is there.

    They separate by backslashes, and write an accent as a letter of its own.
    """
    if name.isascii() and "\\" not in name:
        return name
    for other in (
        name,
        name.replace("\\", "/"),
        unicodedata.normalize("NFC", name),
        unicodedata.normalize("NFD", name),
    ):
        if os.path.exists(os.path.join(folder, *parts, other)):
            return other
    return name


def fault(path: str, inside: bool, allow_outside: bool) -> str | None:
    """The reason why a picture of `resolve` is not opened, or None."""
    if not path:
        return NO_NAME
    return None if inside or allow_outside else OUTSIDE
