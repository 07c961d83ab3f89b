"""JSON files and pages: written whole, read with a clear word when damaged."""

import json
import pathlib

from deeppose_tf import errors


def save(path: pathlib.Path, values):
    """Writes values as JSON, as `save_text` does."""
    save_text(path, json.dumps(values, indent=1) + "\n")


def save_text(path: pathlib.Path, text: str):
    """Writes aside and renames: a reader never sees half a file.

    Raises:
        InputError: it cannot be written, as where the disk is full.
    """
    aside = path.with_name(f".{path.name}.writing")
    try:
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
    except OSError as error:  # That of a full disk names no file.
        aside.unlink(missing_ok=True)
        raise errors.InputError(
            f"{path}: {error.strerror}; free some space, or write elsewhere"
        ) from error


def load(path: pathlib.Path, way_out: str):
    """Inverse of `save`.

    Raises:
        InputError: the file is missing or no JSON; it ends with `way_out`.
    """
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        raise errors.InputError(f"{path}: missing; {way_out}") from None
    except ValueError as error:
        raise errors.InputError(f"{path}: {error}; {way_out}") from None
