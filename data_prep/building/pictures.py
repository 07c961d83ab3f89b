"""Reads pictures for records: checks them, and shrinks them on demand."""

import io
import math
import pathlib
from typing import NamedTuple

import simplejpeg
from PIL import Image

from deeppose_tf.inference import photos

_QUALITY = 95
_JPEG_END = b"\xff\xd9"
_KEPT_COLORS = {"Gray", "RGB", "YCbCr"}


class Unreadable(ValueError):
    """The picture is missing or broken; the message says which."""


class Picture(NamedTuple):
    """A picture for a record.

    Attributes:
        encoded: grey or RGB JPEG.
        size: (width, height) in pixels.
        scale: factor of its sides; below 1 where it was shrunk.
    """

    encoded: bytes
    size: tuple[int, int]
    scale: float


def load_jpeg(
    path: pathlib.Path,
    max_side: int | None,
    claimed: tuple[int, int] | None = None,
) -> Picture:
    """Reads a picture as grey or RGB JPEG bytes.

    The file's bytes are kept where they are such a JPEG already. EXIF
    orientation is not applied, since annotations are in pixels as stored.

    Args:
        path: of a picture in any format that Pillow reads.
        max_side: the longer side is shrunk to this, None for never.
        claimed: (width, height) according to the annotation, or None.

    Raises:
        Unreadable: with a short reason, the same for many pictures.
    """
    try:
        encoded = read(path)
    except FileNotFoundError:
        raise Unreadable("image missing") from None
    except OSError:
        raise Unreadable("image unreadable") from None
    size = _size_by_header(encoded)
    if size and claimed in (None, size) and max(size) <= (max_side or math.inf):
        return Picture(encoded, size, 1.0)
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            if claimed not in (None, image.size):
                raise Unreadable("image of another size than annotated")
            return _as_jpeg(image, encoded, max_side)
    except Unreadable:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Unreadable("image unreadable") from None


def read(path: pathlib.Path) -> bytes:
    """A file's bytes, unbuffered, which is faster than `path.read_bytes()`."""
    with io.FileIO(path) as file:
        return file.readall()


def _size_by_header(encoded):
    """(width, height) of a JPEG with a sound header and end, else None.

    Such a file is not decoded, which would take a hundred times as long;
    data_prep.validate decodes all.
    """
    if not encoded.endswith(_JPEG_END):
        return None
    try:
        height, width, colors, _ = simplejpeg.decode_jpeg_header(encoded)
    except ValueError:
        return None
    huge = height * width > Image.MAX_IMAGE_PIXELS
    return None if huge or colors not in _KEPT_COLORS else (width, height)


def _as_jpeg(image, encoded, max_side):
    size = image.size
    scale = min(1.0, (max_side or max(size)) / max(size))
    if scale == 1.0 and image.format == "JPEG" and image.mode in ("L", "RGB"):
        image.load()  # Fails where the file is cut short.
        return Picture(encoded, size, scale)
    small = tuple(max(1, round(side * scale)) for side in size)
    # Pillow would clip 16 bits to white; `predict` converts them like this.
    image = photos.eight_bits(image)
    image = image.convert("RGB").resize(small, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    return Picture(buffer.getvalue(), small, scale)
