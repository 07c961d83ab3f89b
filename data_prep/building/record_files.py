"""TFRecord files: written in half the time of `tf.io.TFRecordWriter`, and read.

That writer takes longer for the record of a small picture than encoding it
(benchmarks/data_prep.py), and needs TensorFlow. `tf.data.TFRecordDataset` reads
the files; here each record is read by its place.
"""

import pathlib
import struct
from collections.abc import Iterator
from typing import BinaryIO

import google_crc32c

from deeppose_tf import errors

_BUFFER = 1 << 18
_LENGTH, _CHECKSUM = struct.Struct("<Q"), struct.Struct("<I")
_FRAME = _LENGTH.size + 2 * _CHECKSUM.size  # Around each record.


class RecordFile:
    """A file of serialized records."""

    def __init__(self, path: pathlib.Path):
        """Opens an empty file."""
        self._path = path
        self._file = path.open("wb", buffering=_BUFFER)

    def write(self, record: bytes):
        """Appends length and record, each with its checksum.

        Raises:
            InputError: it cannot be written, as where the disk is full.
        """
        length = _LENGTH.pack(len(record))
        try:
            self._file.write(length + _masked(length))
            self._file.write(record)
            self._file.write(_masked(record))
        except OSError as error:
            raise self._translate(error) from error

    def close(self):
        """Writes the rest of the buffer; raises InputError as `write` does."""
        try:
            self._file.close()
        except OSError as error:
            raise self._translate(error) from error

    def _translate(self, error):
        return errors.InputError(
            f"{self._path}: {error.strerror}; free some space, or name another "
            "--output_dir"
        )


class Damaged(ValueError):
    """A record is not as it was written, or cut short."""


def places(path: pathlib.Path) -> Iterator[int]:
    """Yields the first byte of each record, up to where the file is damaged."""
    end, start = path.stat().st_size, 0
    with path.open("rb", buffering=0) as file:
        while start < end:
            yield start
            file.seek(start)
            length = file.read(_LENGTH.size)
            if len(length) < _LENGTH.size:
                return
            start += _LENGTH.unpack(length)[0] + _FRAME


def read(file: BinaryIO, place: int) -> bytes:
    """The record at a place of an open file.

    Raises:
        Damaged: it or its length differs from its checksum.
    """
    file.seek(place)
    length = _checked(file, _LENGTH.size)
    return _checked(file, *_LENGTH.unpack(length))


def _checked(file, size):
    data = file.read(size)
    if len(data) < size or file.read(_CHECKSUM.size) != _masked(data):
        raise Damaged
    return data


def _masked(data):
    """The masked CRC-32C of the TFRecord format: rotated, plus a constant."""
    crc = google_crc32c.value(data)
    rotated = (crc >> 15 | crc << 17) & 0xFFFFFFFF
    return _CHECKSUM.pack((rotated + 0xA282EAD8) & 0xFFFFFFFF)
