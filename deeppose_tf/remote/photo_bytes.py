"""Photos as the bytes that a server decodes."""

import io
import pathlib

import numpy as np
from PIL import Image

from deeppose_tf import picture_formats
from deeppose_tf.inference import pose_model

# The first bytes of such files.
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"


def encode(photo: pose_model.Photo, image: np.ndarray) -> bytes:
    """JPEG or PNG bytes from which a server decodes the upright photo.

    A server reads JPEG and PNG only, and ignores EXIF orientation. The file's
    bytes are taken unchanged where that makes no difference.

    Args:
        photo: path or bytes of a file, or pixels.
        image: uint8 [height, width, 3], the same photo, upright.
    """
    stored = _stored(photo)
    if stored.startswith((_JPEG, _PNG)) and not _turned(stored):
        return stored
    buffer = io.BytesIO()
    upright = Image.fromarray(image)
    if stored.startswith(_JPEG):
        # The photo was compressed with loss before; PNG is three times as long.
        upright.save(buffer, "JPEG", quality=95, subsampling=0)
    else:
        upright.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _stored(photo):
    """The bytes of a file; of pixels, none."""
    if isinstance(photo, np.ndarray):
        return b""
    return (
        photo if isinstance(photo, bytes) else pathlib.Path(photo).read_bytes()
    )


def _turned(stored):
    with picture_formats.open_image(io.BytesIO(stored)) as photo:
        return picture_formats.orientation_of(photo) != 1
