"""Reads pictures for records: checks them, turns and shrinks them on demand."""

import io
import math
import pathlib
from typing import NamedTuple

import simplejpeg
from PIL import Image

from data_prep.building import jpegs
from deeppose_tf import picture_formats
from deeppose_tf.inference import photos
from deeppose_tf.storage import files

# Bytes of a picture's file.
_LARGEST_FILE = 2**28
# Pixels; a server of an export opens no larger picture by default.
LARGEST = picture_formats.LARGEST
# Pixels of a picture that is to be shrunk: 3 bytes each meanwhile.
_LARGEST_TO_SHRINK = 500_000_000
_QUALITY = 95
_JPEG_END = b"\xff\xd9"
_KEPT_COLORS = {"Gray", "RGB", "YCbCr"}
# Limits are checked here, and told in our own words.
Image.MAX_IMAGE_PIXELS = None


class Unreadable(ValueError):
    """The picture is missing or broken; the message says which."""


class Picture(NamedTuple):
    """A picture for a record.

    Attributes:
        encoded: grey or RGB JPEG.
        size: (width, height) in pixels.
        scale: factor of its sides; below 1 where it was shrunk.
        turned: whether it was taken as stored, but is to be shown turned.
    """

    encoded: bytes
    size: tuple[int, int]
    scale: float
    turned: bool = False


def load_jpeg(
    path: pathlib.Path,
    max_side: int | None,
    claimed: tuple[int, int] | None = None,
    *,
    upright: bool = False,
    check: bool = False,
) -> Picture:
    """Reads a picture as grey or RGB JPEG bytes.

    The file's bytes are kept where they are such a JPEG already, and not to be
    turned.

    Args:
        path: of a picture in one of `picture_formats.FORMATS`.
        max_side: the longer side is shrunk to this, None for never.
        claimed: (width, height) according to the annotation, or None.
        upright: whether it is turned as its EXIF orientation says.
        check: whether it is decoded, to find damage.

    Raises:
        Unreadable: with a short reason, the same for many pictures.
    """
    encoded = _read(path)
    size = None if check else _size_by_header(encoded)
    if size and claimed in (None, size) and max(size) <= (max_side or math.inf):
        turned = jpegs.orientation(encoded) != 1
        if not (turned and upright):
            return Picture(encoded, size, 1.0, turned)
    try:
        with (
            picture_formats.quiet(),
            picture_formats.open_image(io.BytesIO(encoded)) as image,
        ):
            stored, seen = picture_formats.sizes_of(image)
            if claimed not in (None, seen if upright else stored):
                raise Unreadable(_other_size(claimed, stored, seen))
            return _as_jpeg(image, encoded, max_side, upright)
    except Unreadable:
        raise
    except Exception as error:  # Pillow's plugins raise many kinds.
        reason = picture_formats.reason(encoded, error)
        raise Unreadable(f"image {reason}") from None


def _read(path):
    try:
        return files.read(path, _LARGEST_FILE)
    except FileNotFoundError:
        raise Unreadable("image missing") from None
    except OSError as error:
        raise Unreadable(f"image unreadable ({error.strerror})") from None
    except ValueError:  # NUL, or what no file system can encode.
        raise Unreadable("image unreadable (no file name)") from None


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
    huge = height * width > LARGEST
    return None if huge or colors not in _KEPT_COLORS else (width, height)


def _as_jpeg(image, encoded, max_side, upright):
    size = image.size
    scale = min(1.0, (max_side or max(size)) / max(size))
    if size[0] * size[1] > (LARGEST if scale == 1.0 else _LARGEST_TO_SHRINK):
        raise Unreadable(_too_large(scale))
    is_jpeg = image.format in ("JPEG", "MPO")
    if is_jpeg and jpegs.damage(encoded):
        raise Unreadable("image unreadable (damaged or cut short)")
    turned = not upright and picture_formats.orientation_of(image) != 1
    turn = picture_formats.turn_to(image, upright)
    kept = is_jpeg and image.mode in ("L", "RGB") and scale == 1.0
    if kept and turn is None:
        image.load()  # Fails where the file is cut short.
        return Picture(encoded, size, scale, turned)
    small = tuple(max(1, round(side * scale)) for side in size)
    image = _shrunk(image, small)
    if turn is not None:
        image = image.transpose(turn)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    return Picture(buffer.getvalue(), image.size, scale, turned)


def _other_size(claimed, stored, seen):
    reason = "image of another size than annotated"
    if claimed == seen != stored:
        reason += ", by its EXIF orientation: give --upright"
    return reason


def _too_large(scale):
    if scale == 1.0:
        return (
            f"image above {LARGEST // 10**6} megapixels: give --max_side, to "
            "shrink it"
        )
    return f"image above {_LARGEST_TO_SHRINK // 10**6} megapixels"


def _shrunk(image, size):
    """An opened picture of a size, 8 bits a channel, RGB."""
    image.draft(image.mode, size)  # A JPEG is decoded to no more than needed.
    picture_formats.check_range(image)
    # Pillow would clip 16 bits to white; `predict` converts them like this.
    image = photos.eight_bits(image).convert("RGB")
    return image.resize(size, Image.Resampling.LANCZOS)
