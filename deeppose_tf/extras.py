"""OpenCV, an extra: videos and the people detector need it."""

import os

from deeppose_tf import errors

# Errors are told in our own lines; FFmpeg and OpenCV would add theirs to them.
_FFMPEG_LEVEL = ("OPENCV_FFMPEG_LOGLEVEL", "-8")
_SILENT = 0


def load(wanted_by: str):
    """The module cv2.

    Args:
        wanted_by: the flag or file that needs it.

    Raises:
        InputError: it is not installed.
    """
    os.environ.setdefault(*_FFMPEG_LEVEL)
    try:
        import cv2
    except ImportError as error:
        raise errors.InputError(
            f"{wanted_by} needs OpenCV: pip install -e .[people]"
        ) from error
    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(_SILENT)
    return cv2
