"""Writes TFRecord files in half the time of `tf.io.TFRecordWriter`.

That writer takes longer for the record of a small picture than encoding it
(benchmarks/data_prep.py), and needs TensorFlow. `tf.data.TFRecordDataset` reads
the files.
"""

import pathlib
import struct

import google_crc32c

from deeppose_tf import errors

_BUFFER = 1 << 18
_LENGTH, _CHECKSUM = struct.Struct("<Q"), struct.Struct("<I")


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


def _masked(data):
    """The masked CRC-32C of the TFRecord format: rotated, plus a constant."""
    crc = google_crc32c.value(data)
    rotated = (crc >> 15 | crc << 17) & 0xFFFFFFFF
    return _CHECKSUM.pack((rotated + 0xA282EAD8) & 0xFFFFFFFF)
