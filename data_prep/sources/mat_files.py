"""Reads MAT files, with a clear error where one is broken."""

import pathlib

import scipy.io

from deeppose_tf import errors


def load(path: pathlib.Path, variable: str, layout: str, **options):
    """A variable of a MAT file.

    Args:
        path: of the file.
        variable: its name.
        layout: description of a sound --source, for the error.
        **options: of `scipy.io.loadmat`.

    Raises:
        InputError: the file is missing or broken, or lacks the variable.
    """
    if not path.exists():
        raise errors.InputError(f"{path}: missing; --source names {layout}")
    try:
        return scipy.io.loadmat(path, **options)[variable]
    except KeyError:
        raise errors.InputError(f"{path}: holds no '{variable}'") from None
    except Exception as error:  # scipy raises many kinds for a broken file.
        raise errors.InputError(
            f"{path}: not a readable MAT file ({error}); copy it again"
        ) from error
