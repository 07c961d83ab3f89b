"""Videos, written frame by frame."""

import pathlib

import numpy as np

from deeppose_tf import errors
from deeppose_tf import extras

# MPEG-4 part 2: the one codec for .mp4 in every build of OpenCV.
_CODEC = "mp4v"


class Writer:
    """Writes an .mp4 without sound; a context manager."""

    def __init__(self, path: pathlib.Path, rate: float):
        """Begins the file with the first frame, whose size all must have."""
        self._path, self._rate = path, rate
        self._cv2 = extras.load(str(path))
        self._writer, self._added = None, 0

    def __enter__(self):
        """Returns the writer."""
        return self

    def add(self, frame: np.ndarray):
        """Appends uint8 [height, width, 3] RGB; odd sides lose a pixel."""
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
        """Ends the file; where OpenCV wrote less, which it hides, tells so."""
        if self._writer is not None:
            self._writer.release()
        if error is None:
            self._check()

    def _check(self):
        capture = self._cv2.VideoCapture(str(self._path))
        written = int(capture.get(self._cv2.CAP_PROP_FRAME_COUNT))
        capture.release()
        if written != self._added:
            raise errors.InputError(
                f"{self._path.parent}: OpenCV wrote {max(0, written)} of "
                f"{self._added} frames there; is the disk full?"
            )
