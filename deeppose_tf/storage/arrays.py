"""NumPy arrays in .npz files, whose damage is noticed."""

import pathlib
import zipfile
import zlib
from collections.abc import Mapping

import numpy as np

from deeppose_tf import errors
from deeppose_tf.storage import files


def save(path: pathlib.Path, columns: Mapping[str, np.ndarray]):
    """Writes arrays by name; a zip file keeps a checksum of each."""
    with files.atomic(path) as temporary:
        np.savez_compressed(temporary, **columns)


def load(path: pathlib.Path, hint: str) -> dict[str, np.ndarray]:
    """Inverse of `save`.

    Raises:
        InputError: the file is damaged; the message ends with `hint`.
    """
    # What is raised depends on where the file is damaged.
    damaged = (
        *(EOFError, LookupError, OSError, RuntimeError, TypeError, ValueError),
        *(zipfile.BadZipFile, zlib.error),
    )
    try:
        # NumPy leaves a damaged file open that it has opened itself.
        with path.open("rb") as file:
            # NumPy compares no checksum of an array of which it reads a part.
            with zipfile.ZipFile(file) as archive:
                wrong = archive.testzip()
            if wrong is None:
                file.seek(0)
                with np.load(file) as kept:
                    return {name: kept[name] for name in kept.files}
    except damaged as error:
        wrong = error
    raise errors.InputError(f"{path}: damaged ({wrong}); {hint}")
