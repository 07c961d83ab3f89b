"""Pictures on their way into records: checked, and shrunk where asked."""

import io
import math
import pathlib
from typing import NamedTuple

import simplejpeg
from PIL import Image

from deeppose_tf.inference import photos

_QUALITY = 95
_JPEG_END = b"\xff\xd9"
_PASSING = {"Gray", "RGB", "YCbCr"}


class Unreadable(ValueError):
    """The picture is missing or broken; the message is the reason."""


class Picture(NamedTuple):
    """A picture for a record.

    Attributes:
        encoded: grey or RGB JPEG.
        size: (width, height) in pixels.
        scale: the factor that it was shrunk by.
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

    Bytes pass through unchanged where they can. EXIF orientation is not
    applied, since annotations are in pixels as they are stored.

    Args:
        path: of a picture in any format that Pillow reads.
        max_side: the longer side is shrunk to this, None for never.
        claimed: (width, height) that an annotation says it has, or None.

    Raises:
        Unreadable: with a short reason that counts well.
    """
    try:
        encoded = read(path)
    except FileNotFoundError:
        raise Unreadable("image missing") from None
    except OSError:
        raise Unreadable("image unreadable") from None
    size = _size_of_sound(encoded)
    if size and claimed in (None, size) and max(size) <= (max_side or math.inf):
        return Picture(encoded, size, 1.0)
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            if claimed not in (None, image.size):
                raise Unreadable("image of another size than annotated")
            return _as_jpeg(image, encoded, max_side)
    except (
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
    ) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("image unreadable") from None


def read(path: pathlib.Path) -> bytes:
    """A file's bytes, unbuffered: sooner than by `path.read_bytes()`."""
    with io.FileIO(path) as file:
        return file.readall()


def _size_of_sound(encoded):
    """(width, height) of a JPEG that may pass unseen by its header and end.

    Decoding each would take a hundred times as long: data_prep.validate does.
    None where Pillow has to look.
    """
    if not encoded.endswith(_JPEG_END):
        return None
    try:
        height, width, colors, _ = simplejpeg.decode_jpeg_header(encoded)
    except ValueError:
        return None
    huge = height * width > Image.MAX_IMAGE_PIXELS
    return None if huge or colors not in _PASSING else (width, height)


def _as_jpeg(image, encoded, max_side):
    size = image.size
    scale = min(1.0, (max_side or max(size)) / max(size))
    if scale == 1.0 and image.format == "JPEG" and image.mode in ("L", "RGB"):
        image.load()  # Finds a file that is cut short.
        return Picture(encoded, size, scale)
    small = tuple(max(1, round(side * scale)) for side in size)
    # Pillow would make white of 16 bits; photos are shown to models like this.
    image = photos.eight_bits(image)
    image = image.convert("RGB").resize(small, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    return Picture(buffer.getvalue(), small, scale)
