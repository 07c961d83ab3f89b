"""Reads and writes videos frame by frame; frames are read upright."""

import contextlib
import dataclasses
import pathlib
from collections.abc import Iterator

import numpy as np

from deeppose_tf import errors
from deeppose_tf import extras
from deeppose_tf.videos import video_times

# Of containers that FFmpeg reads.
SUFFIXES = (
    *(".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2", ".avi", ".mkv", ".webm"),
    *(".mpg", ".mpeg", ".m2v", ".ts", ".mts", ".m2ts", ".wmv", ".asf", ".flv"),
    *(".f4v", ".ogv", ".vob", ".mxf", ".divx"),
)
_RATE = 25.0  # Frames per second, where a file does not say.
# MPEG-4 part 2: the only codec for .mp4 in every build of OpenCV.
_CODEC = "mp4v"


@dataclasses.dataclass(frozen=True, eq=False)
class Video:
    """An opened video.

    Attributes:
        rate: frames per second of a copy at a constant rate, in which each
            frame has a place of its own.
        repeats: for each frame, how often such a copy shows it, so that all
            are shown at their times.
        frames: (seconds, uint8 [height, width, 3] RGB), read one by one.
    """

    rate: float
    repeats: list[int]
    frames: Iterator[tuple[float, np.ndarray]]


def is_video(path: pathlib.Path) -> bool:
    """Whether a file's name says that it is a video."""
    return path.suffix.lower() in SUFFIXES


@contextlib.contextmanager
def opened(path: pathlib.Path) -> Iterator[Video]:
    """Opens a video; OpenCV turns its frames upright.

    It is decoded once before, for the times of its frames: a header has but an
    average rate, and counts frames that are not shown.

    Raises:
        InputError: it is no video, or is cut short; while its frames are read:
            they differ in size.
    """
    with _capture(path) as (cv2, capture):
        rate = capture.get(cv2.CAP_PROP_FPS)
        rate = rate if 0.0 < rate < np.inf else _RATE
        claimed = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        times = []
        while capture.grab():
            # Some formats have no times.
            milliseconds = capture.get(cv2.CAP_PROP_POS_MSEC)
            known = 0.0 < milliseconds < np.inf
            times.append(milliseconds / 1000 if known else len(times) / rate)
    video_times.check_complete(path, times, claimed, rate)
    times = np.maximum.accumulate(times)
    rate, repeats = video_times.constant(path, times, rate)
    with _capture(path) as (cv2, capture):
        yield Video(rate, repeats, _frames(path, cv2, capture, times))


@contextlib.contextmanager
def _capture(path):
    """OpenCV, and a video that it has opened."""
    cv2 = extras.opencv(str(path))
    capture = cv2.VideoCapture(str(path))
    try:
        if not capture.isOpened():
            raise errors.InputError(
                f"{path}: not a readable video; copy it again, or convert it "
                "to .mp4"
            )
        yield cv2, capture
    finally:
        capture.release()


def _frames(path, cv2, capture, times):
    shape = None
    for i, seconds in enumerate(times.tolist()):
        frame = capture.read()[1]
        if frame is None:
            raise errors.InputError(
                f"{path}: changes while it is read; wait until it is written"
            )
        if shape not in (None, frame.shape):
            raise errors.InputError(
                f"{path}: frame {i} has another size than those before; "
                "convert it to one size"
            )
        shape = frame.shape
        yield seconds, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)


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

    def add(self, frame: np.ndarray, repeats: int = 1):
        """Appends a frame.

        Args:
            frame: uint8 [height, width, 3], RGB; odd sides lose a pixel.
            repeats: how often it is shown.

        Raises:
            InputError: OpenCV cannot write videos of its size, or there.
        """
        if self._writer is None:
            self._writer = self._opened(frame.shape[1::-1])
        frame = self._cv2.cvtColor(frame, self._cv2.COLOR_RGB2BGR)
        for _ in range(repeats):
            self._writer.write(frame)
        self._added += repeats

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
