"""Which pictures are opened, how they are turned, and why one is not read.

Pillow knows many more formats, some of which start other programs (EPS).
"""

import contextlib
import importlib.util
import logging
import warnings
from collections.abc import Iterator

import numpy as np
from PIL import Image
from PIL import UnidentifiedImageError

# JPEG includes MPO, which begins with one. AVIF is of newer Pillows.
_AVIF = importlib.util.find_spec("PIL.AvifImagePlugin") is not None
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF", *["AVIF"] * _AVIF)
# Endings of their names; those of MPO are JPEG's.
SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".bmp"),
    *(".webp", ".tif", ".tiff", ".gif", *[".avif", ".avifs"] * _AVIF),
)
# Of pictures that nothing here decodes.
HEIC_SUFFIXES = (".heic", ".heif")
# Pixels; of larger ones a network needs no more than a shrunk copy.
LARGEST = 50_000_000
# Pixels of a photo that is decoded to be drawn on; 3 bytes each, several times.
LARGEST_PHOTO = 150_000_000
_TWELVE_BITS = 1 << 12
# Brands of HEIF files, after "ftyp"; AVIF's are others.
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_T = Image.Transpose
# By EXIF orientation, what turns a stored picture upright, and back.
_TURNS = {
    2: (_T.FLIP_LEFT_RIGHT, _T.FLIP_LEFT_RIGHT),
    3: (_T.ROTATE_180, _T.ROTATE_180),
    4: (_T.FLIP_TOP_BOTTOM, _T.FLIP_TOP_BOTTOM),
    5: (_T.TRANSPOSE, _T.TRANSPOSE),
    6: (_T.ROTATE_270, _T.ROTATE_90),
    7: (_T.TRANSVERSE, _T.TRANSVERSE),
    8: (_T.ROTATE_90, _T.ROTATE_270),
}
_ORIENTATION = 0x0112
_LOG = logging.getLogger("PIL")


class UnknownRange(ValueError):
    """Nobody says which number of a pixel is white."""


class TooLarge(ValueError):
    """It has more than LARGEST_PHOTO pixels."""


def open_image(file) -> Image.Image:
    """`Image.open` for these formats: reads the header, decodes nothing."""
    with quiet():
        return Image.open(file, formats=FORMATS)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Pillow warns of nothing: what matters is told in our own words."""
    level = _LOG.level
    _LOG.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        _LOG.setLevel(level)


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation of an opened picture, 1 to 8; 1 if it has none."""
    try:
        with quiet():
            turn = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # Damaged EXIF data; Pillow raises many kinds.
        return 1
    return turn if turn in _TURNS else 1


def turn_to(image: Image.Image, upright: bool) -> Image.Transpose | None:
    """What the pixels of an opened picture want, once they are decoded.

    Args:
        image: not decoded yet.
        upright: whether it is wanted as it is to be seen, or as it is stored.

    Returns:
        A step of `Image.transpose`; None for none.
    """
    turn = orientation_of(image)
    if turn == 1 or upright == _decoded_upright(image):
        return None
    there, back = _TURNS[turn]
    return there if upright else back


def sizes_of(image: Image.Image) -> tuple[tuple[int, int], tuple[int, int]]:
    """(width, height) of an opened picture as it is stored, and upright."""
    swapped = orientation_of(image) >= 5
    other = image.size[::-1] if swapped else image.size
    if _decoded_upright(image):
        return other, image.size
    return image.size, other


def _decoded_upright(image):
    """Pillow turns TIFF files by itself, and has the size of that before."""
    return image.format == "TIFF"


def check_range(image: Image.Image):
    """Raises UnknownRange for pixels whose range a file does not say.

    Numbers of 32 bits and floats have no white of their own; 12 bits of a
    camera in a file of 16 would look black.

    Args:
        image: opened; of 16 bits, it is decoded.
    """
    if image.mode in ("I", "F"):
        raise UnknownRange("pixels of 32 bits have no known range")
    if image.mode.startswith("I;16"):
        brightest = int(np.asarray(image).max(initial=0))
        if 0 < brightest < _TWELVE_BITS:
            raise UnknownRange("pixels use 12 bits of 16 at most")


def reason(content: bytes, error: Exception) -> str:
    """Why a picture cannot be read, and the way out, after "image ".

    Args:
        content: of its file.
        error: that Pillow raised for it.
    """
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF:
        return "unreadable (HEIC): convert it to JPEG"
    if isinstance(error, TooLarge | Image.DecompressionBombError):
        return f"above {LARGEST_PHOTO // 10**6} megapixels: save a smaller copy"
    if isinstance(error, UnknownRange):
        return f"of unknown range ({error}): save it with 8 bits"
    if isinstance(error, UnidentifiedImageError):
        return f"unreadable (none of {', '.join(FORMATS)})"
    return "unreadable (damaged or cut short)"
