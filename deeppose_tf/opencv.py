"""OpenCV, an extra: videos and the people detector need it."""

import os

from deeppose_tf import errors

# Errors are told in our own lines; FFmpeg would add its own to them.
_QUIET = {"OPENCV_FFMPEG_LOGLEVEL": "-8", "OPENCV_LOG_LEVEL": "SILENT"}


def load(wanted_by: str):
    """The module cv2.

    Args:
        wanted_by: the flag or file that needs it.

    Raises:
        InputError: it is not installed.
    """
    for name, level in _QUIET.items():
        os.environ.setdefault(name, level)
    try:
        import cv2
    except ImportError as error:
        raise errors.InputError(
            f"{wanted_by} needs OpenCV: pip install -e .[people]"
        ) from error
    return cv2
