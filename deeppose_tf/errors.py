"""The error that users see as one line."""


class InputError(ValueError):
    """A file or flag is wrong; the message names it and says how to mend it."""


def line(error: Exception) -> str:
    """What is said of an error, in one line that no terminal obeys.

    Names of files may hold line breaks and escape codes.
    """
    message = str(error)
    if isinstance(error, FileExistsError | NotADirectoryError):
        # Whoever makes a folder where it is missing meets a file.
        message = f"{error.filename}: a file is where a folder is wanted; "
        message += "name another folder"
    elif isinstance(error, OSError) and error.filename and error.strerror:
        message = f"{error.filename}: {error.strerror}"
    return f"error: {printable(message)}"


def printable(text: str) -> str:
    r"""A text whose control codes and line breaks can be read, as \x1b."""
    return "".join(
        character if character.isprintable() else repr(character)[1:-1]
        for character in text
    )
