"""Photos as a server takes them: JPEG or PNG, upright as they are stored."""

import io
import pathlib

import numpy as np
from PIL import ExifTags
from PIL import Image

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"


def encode(path: pathlib.Path, image: np.ndarray) -> bytes:
    """The file's own bytes where a server sees in them what we see.

    A server takes the pixels as they are stored, without turning them by EXIF,
    and reads JPEG and PNG only.

    Args:
        path: of the photo.
        image: uint8 [height, width, 3], the same photo, upright.
    """
    stored = path.read_bytes()
    if stored.startswith((_JPEG, _PNG)) and not _turned(stored):
        return stored
    buffer = io.BytesIO()
    upright = Image.fromarray(image)
    if stored.startswith(_JPEG):
        # What JPEG lost already, it can lose again: a third of a PNG's bytes.
        upright.save(buffer, "JPEG", quality=95, subsampling=0)
    else:
        upright.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _turned(stored):
    with Image.open(io.BytesIO(stored)) as photo:
        # 1 is upright; 2 to 8 turn or mirror, and others mean nothing.
        return photo.getexif().get(ExifTags.Base.Orientation) in range(2, 9)
