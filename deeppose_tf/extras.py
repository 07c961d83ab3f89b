"""Optional packages: imported where a flag or a file needs them."""

import importlib
import importlib.metadata
import importlib.util
import os
import pathlib
import types

from deeppose_tf import errors

_ROOT = pathlib.Path(__file__).parents[1]  # Of a clone.

# Errors are told in our own lines; FFmpeg and OpenCV would add theirs to them.
_FFMPEG_LEVEL = ("OPENCV_FFMPEG_LOGLEVEL", "-8")
_SILENT = 0


def load(module: str, *, wanted_by: str, extra: str) -> types.ModuleType:
    """Imports a module of an optional package, or one that needs it.

    Args:
        module: its full name.
        wanted_by: the flag or file that needs it.
        extra: of setup.py, that installs it.

    Raises:
        InputError: a package is not installed, or is damaged.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise errors.InputError(
            f"{wanted_by} needs the package {error.name}: {installation(extra)}"
        ) from error
    except ImportError as error:  # It is installed, but does not work.
        raise errors.InputError(
            f"{wanted_by} cannot import {module} ({error}); install it again: "
            f"{installation(extra, '--force-reinstall ')}"
        ) from error


def installation(extra: str, options: str = "") -> str:
    """The command that installs an extra, in a clone or for a wheel."""
    if (_ROOT / "setup.py").exists():
        return f'pip install {options}-e ".[{extra}]"'
    version = importlib.metadata.version("deeppose-tf")
    wheel = f"deeppose_tf-{version}-py3-none-any.whl"
    return f'pip install {options}"{wheel}[{extra}]"'


# Of the extras `litert` and `video`.
LITERT = "ai_edge_litert"


def is_installed(package: str) -> bool:
    """Whether `load` would find a top-level package."""
    return importlib.util.find_spec(package) is not None


def opencv(wanted_by: str) -> types.ModuleType:
    """The module cv2, which keeps silent; see `load`."""
    os.environ.setdefault(*_FFMPEG_LEVEL)
    cv2 = load("cv2", wanted_by=wanted_by, extra="video")
    if "OPENCV_LOG_LEVEL" not in os.environ:
        # OpenCV 4.11 has it elsewhere.
        logging = getattr(cv2.utils, "logging", cv2)
        logging.setLogLevel(_SILENT)
    return cv2
