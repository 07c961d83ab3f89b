"""When the frames of a video are shown; whether all of them are there."""

import pathlib

import numpy as np
from absl import logging

from deeppose_tf import errors

# The header's count of frames, or its length, is an estimate in some formats. A
# file with less than this share of them was cut short.
_COMPLETE = 0.9
# A copy of constant rate holds no frame for longer, in frames of the video on
# average; clocks that jump would fill the disk.
_MOST_REPEATS = 20
_MOST_BOXES = 100_000  # Of an MP4 file; a stream has one a second or so.
_FASTEST = 120.0  # Frames per second of such a copy.


def check_complete(
    path: pathlib.Path, times: list[float], claimed: float, rate: float
):
    """Raises InputError for a video that breaks off before its end.

    Args:
        path: of the video.
        times: seconds, of the frames that can be read.
        claimed: the header's number of frames; not above 0 where it has none.
        rate: the header's, frames per second.
    """
    enough = _COMPLETE * claimed
    # Where the rate varies, frames may be fewer than their average says; who
    # trims a video without encoding it leaves frames in that are not shown.
    long_enough = times and times[-1] + 1 / rate >= enough / rate
    if not times or not (
        len(times) >= enough or long_enough or _has_all_boxes(path)
    ):
        of = f"{claimed:.0f}" if claimed > 0 else "its"
        raise errors.InputError(
            f"{path}: breaks off after {len(times)} of {of} frames; copy it "
            "again"
        )


def _has_all_boxes(path):
    """Whether a file is of MP4's kind, and as long as its parts say."""
    size, place, kinds = path.stat().st_size, 0, []
    with path.open("rb") as file:
        while place < size and len(kinds) < _MOST_BOXES:
            file.seek(place)
            head = file.read(16).ljust(16, b"\0")
            length = int.from_bytes(head[:4], "big")
            if length == 0:  # It is the last.
                length = size - place
            elif length == 1:  # It follows, in 8 bytes.
                length = int.from_bytes(head[8:], "big")
            kinds.append(head[4:8])
            place += max(length, 8)
    return place == size and kinds[:1] == [b"ftyp"] and b"moov" in kinds


def constant(
    path: pathlib.Path, times: np.ndarray, rate: float
) -> tuple[float, list[int]]:
    """How a copy at a constant rate shows each frame at its own time.

    Args:
        path: of the video, for the log.
        times: seconds, float [frames], none before the one before.
        rate: the header's, frames per second.

    Returns:
        Frames per second of the copy, and how often it shows each frame.
    """
    gaps = np.diff(times)
    # Times are rounded to milliseconds in some formats.
    if not gaps.size or np.abs(gaps - 1 / rate).max() < max(0.5 / rate, 0.002):
        return rate, [1] * len(times)
    fastest = max(rate, min(_FASTEST, 1 / max(gaps.min(), 1e-3)))
    slots = np.round((times - times[0]) * fastest)
    # No two frames share a slot: slot i is at least one after slot i - 1.
    numbers = np.arange(len(slots))
    slots = np.maximum.accumulate(slots - numbers) + numbers
    if slots[-1] > _MOST_REPEATS * len(slots):
        logging.warning("%s: its times jump; all frames are drawn alike", path)
        return rate, [1] * len(times)
    return fastest, [*np.diff(slots).astype(int).tolist(), 1]
