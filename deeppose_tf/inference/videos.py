"""Videos, read frame by frame, upright."""

import contextlib
import dataclasses
import pathlib
from collections.abc import Iterator

import numpy as np

from deeppose_tf import errors
from deeppose_tf import extras

SUFFIXES = (".mp4", ".avi", ".mov", ".mkv", ".webm")

_RATE = 25.0  # Where a file does not say.
# A header's count is an estimate in some formats; with fewer frames than this
# share of it, the file was cut short.
_COMPLETE = 0.9


@dataclasses.dataclass(frozen=True, eq=False)
class Video:
    """A video that is being read.

    Attributes:
        rate: frames per second.
        count: of frames, as its header says; None where it does not.
        frames: (seconds, uint8 [height, width, 3] RGB), read as they are
            asked for.
    """

    rate: float
    count: int | None
    frames: Iterator[tuple[float, np.ndarray]]


def is_video(path: pathlib.Path) -> bool:
    """Whether a file's name says that it is a video."""
    return path.suffix.lower() in SUFFIXES


@contextlib.contextmanager
def opened(path: pathlib.Path) -> Iterator[Video]:
    """Opens a video; OpenCV turns its frames upright.

    Raises:
        InputError: it is no video; while its frames are read: it is cut short,
            or its frames differ in size.
    """
    cv2 = extras.load(str(path))
    capture = cv2.VideoCapture(str(path))
    try:
        if not capture.isOpened():
            raise errors.InputError(
                f"{path}: not a readable video; copy it again, or convert it "
                "to .mp4"
            )
        rate = capture.get(cv2.CAP_PROP_FPS)
        count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        video = Video(
            rate=rate if 0.0 < rate < np.inf else _RATE,
            count=int(count) if count > 0 else None,
            frames=iter(()),
        )
        yield dataclasses.replace(video, frames=_frames(path, capture, video))
    finally:
        capture.release()


def _frames(path, capture, video):
    cv2 = extras.load(str(path))
    read, shape = 0, None
    while (frame := capture.read()[1]) is not None:
        if shape not in (None, frame.shape):
            raise errors.InputError(
                f"{path}: frame {read} has another size than those before; "
                "convert it to one size"
            )
        shape = frame.shape
        # Some formats know no times.
        milliseconds = capture.get(cv2.CAP_PROP_POS_MSEC)
        seconds = milliseconds / 1000 if milliseconds > 0 else read / video.rate
        read += 1
        yield seconds, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
    if not read or read < _COMPLETE * (video.count or 0):
        raise errors.InputError(
            f"{path}: breaks off after {read} of {video.count or 'its'} "
            "frames; copy it again"
        )
