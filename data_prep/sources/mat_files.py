"""Reads MAT files, with a clear error where one is broken."""

import io
import pathlib
import warnings

import scipy.io

from deeppose_tf import errors
from deeppose_tf.launch import children
from deeppose_tf.storage import files

# Bytes; MPII's has 13 MB, FLIC-full's 12.
_LARGEST = 2**30
# CPU time and memory to read a file; a sound one takes far less.
_SECONDS, _BYTES_A_SECOND = 2, 50_000
_MEMORY = 2**31


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
    try:
        content = files.read(path, _LARGEST)
    except FileNotFoundError:
        raise errors.InputError(
            f"{path}: missing; --source names {layout}"
        ) from None
    except OSError as error:
        raise errors.InputError(
            f"{path}: {error.strerror}; --source names {layout}"
        ) from None
    return _variable(path, content, variable, options)


def _variable(path, content, variable, options):
    def read():
        # Some warn of what they then cannot read.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return scipy.io.loadmat(
                io.BytesIO(content), variable_names=[variable], **options
            )[variable]

    try:
        # A damaged size would have it fill the memory for hours.
        seconds = _SECONDS + len(content) // _BYTES_A_SECOND
        return children.run(read, seconds, _MEMORY + 64 * len(content))
    except KeyError:
        raise errors.InputError(f"{path}: holds no '{variable}'") from None
    except NotImplementedError as error:  # HDF5.
        raise errors.InputError(
            f"{path}: is a MAT file of version 7.3; save it with -v7"
        ) from error
    except Exception as error:  # scipy raises many kinds for a broken file.
        raise errors.InputError(
            f"{path}: not a readable MAT file ({error}); copy it again"
        ) from error
