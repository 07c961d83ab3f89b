"""JSON files of ours: written whole, read with a clear word when damaged."""

import json
import pathlib

from deeppose_tf import errors


def save(path: pathlib.Path, values):
    """Writes aside and renames: a reader never sees half a file."""
    aside = path.with_name(f".{path.name}.writing")
    aside.write_text(json.dumps(values, indent=1) + "\n")
    aside.replace(path)


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
