"""Reads and writes videos frame by frame; frames are read upright."""

import contextlib
import dataclasses
import pathlib
from collections.abc import Iterator

import numpy as np

from deeppose_tf import errors
from deeppose_tf import extras

SUFFIXES = (".mp4", ".avi", ".mov", ".mkv", ".webm")
_RATE = 25.0  # Frames per second, where a file does not say.
# The header's count of frames is an estimate in some formats. A file with less
# than this share of them was cut short.
_COMPLETE = 0.9
# MPEG-4 part 2: the only codec for .mp4 in every build of OpenCV.
_CODEC = "mp4v"


@dataclasses.dataclass(frozen=True, eq=False)
class Video:
    """An opened video.

    Attributes:
        rate: frames per second.
        count: of frames according to the header, or None.
        frames: (seconds, uint8 [height, width, 3] RGB), read one by one.
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
    cv2 = extras.opencv(str(path))
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
    cv2 = extras.opencv(str(path))
    read, shape = 0, None
    while (frame := capture.read()[1]) is not None:
        if shape not in (None, frame.shape):
            raise errors.InputError(
                f"{path}: frame {read} has another size than those before; "
                "convert it to one size"
            )
        shape = frame.shape
        # Some formats have no times.
        milliseconds = capture.get(cv2.CAP_PROP_POS_MSEC)
        seconds = milliseconds / 1000 if milliseconds > 0 else read / video.rate
        read += 1
        yield seconds, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
    if not read or read < _COMPLETE * (video.count or 0):
        raise errors.InputError(
            f"{path}: breaks off after {read} of {video.count or 'its'} "
            "frames; copy it again"
        )


class Writer:
    """Writes an .mp4 without sound; a context manager.

    All frames have the size of the first, which begins the file.
    """

    def __init__(self, path: pathlib.Path, rate: float):
        """Sets up a video of `rate` frames per second."""
        self._path, self._rate = path, rate
        self._cv2 = extras.opencv(str(path))
        self._writer, self._added = None, 0

    def __enter__(self):
        """Returns the writer."""
        return self

    def add(self, frame: np.ndarray):
        """Appends a frame.

        Args:
            frame: uint8 [height, width, 3], RGB; odd sides lose a pixel.

        Raises:
            InputError: OpenCV cannot write videos of its size, or there.
        """
        if self._writer is None:
            self._writer = self._opened(frame.shape[1::-1])
        self._writer.write(self._cv2.cvtColor(frame, self._cv2.COLOR_RGB2BGR))
        self._added += 1

    def _opened(self, size):
        writer = self._cv2.VideoWriter(
            str(self._path),
            self._cv2.VideoWriter_fourcc(*_CODEC),
            self._rate,
            size,
        )
        if not writer.isOpened():
            raise errors.InputError(
                f"{self._path.parent}: OpenCV cannot write a video of "
                f"{size[0]} x {size[1]} pixels there; is the disk full, or "
                "the video too small?"
            )
        return writer

    def __exit__(self, kind, error, trace):
        """Closes the file; InputError where OpenCV wrote fewer frames."""
        if self._writer is not None:
            self._writer.release()
        if error is None:
            self._check()

    def _check(self):
        """OpenCV reports no error while writing, so the file is read again."""
        capture = self._cv2.VideoCapture(str(self._path))
        written = int(capture.get(self._cv2.CAP_PROP_FRAME_COUNT))
        capture.release()
        if written != self._added:
            raise errors.InputError(
                f"{self._path.parent}: OpenCV wrote {max(0, written)} of "
                f"{self._added} frames there; is the disk full?"
            )
