"""TFRecord files, in half the time that TensorFlow's own writer takes.

That one needs longer for a small picture's record than making it takes
(benchmarks/data_prep.py), and TensorFlow. `tf.data.TFRecordDataset` reads the
files.
"""

import pathlib
import struct

import google_crc32c

from deeppose_tf import errors

_BUFFER = 1 << 18
_LENGTH, _CHECKSUM = struct.Struct("<Q"), struct.Struct("<I")


class RecordFile:
    """A file that takes serialized records; closed by `close`."""

    def __init__(self, path: pathlib.Path):
        """Opens it anew."""
        self._path = path
        self._file = path.open("wb", buffering=_BUFFER)

    def write(self, record: bytes):
        """Appends a record: its length and itself, each with its checksum.

        Raises:
            InputError: the disk is full.
        """
        length = _LENGTH.pack(len(record))
        try:
            self._file.write(length + _masked(length))
            self._file.write(record)
            self._file.write(_masked(record))
        except OSError as error:
            raise self._refused(error) from error

    def close(self):
        """Writes what is left; InputError where the disk is full."""
        try:
            self._file.close()
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error):
        return errors.InputError(
            f"{self._path}: {error.strerror}; free some space, or name another "
            "--output_dir"
        )


def _masked(data):
    """CRC-32C, turned and moved: the checksum of what holds checksums."""
    crc = google_crc32c.value(data)
    turned = (crc >> 15 | crc << 17) & 0xFFFFFFFF
    return _CHECKSUM.pack((turned + 0xA282EAD8) & 0xFFFFFFFF)
