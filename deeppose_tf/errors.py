"""The error that users see as one line."""

import pathlib


class InputError(ValueError):
    """A file or flag is wrong; the message names it and says how to mend it."""


def line(error: Exception) -> str:
    """What is said of an error, in one line that no terminal obeys.

    Names of files may hold line breaks and escape codes.
    """
    message = str(error)
    file = _in_the_way(error)
    if file is not None:
        message = f"{file}: a file, where a folder is wanted; name another"
    elif isinstance(error, OSError) and error.filename and error.strerror:
        message = f"{error.filename}: {error.strerror}"
    return f"error: {printable(message)}"


def _in_the_way(error):
    """The file that lies where a folder is to be made or looked into."""
    if not isinstance(error, FileExistsError | NotADirectoryError):
        return None
    for name in (error.filename2, error.filename):
        # A file descriptor is no name.
        path = pathlib.Path(name) if isinstance(name, str) else pathlib.Path()
        for candidate in (path, *path.parents):
            if candidate.is_file():
                return candidate
    return None


def printable(text: str) -> str:
    r"""A text whose control codes and line breaks can be read, as \x1b."""
    return "".join(
        character if character.isprintable() else repr(character)[1:-1]
        for character in text
    )
