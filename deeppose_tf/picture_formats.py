"""Which pictures are opened, and the reason why one is not.

Pillow knows many more formats, some of which start other programs (EPS).
"""

import importlib.util

import numpy as np
from PIL import Image
from PIL import UnidentifiedImageError

# JPEG includes MPO, which begins with one. AVIF is of newer Pillows.
_AVIF = importlib.util.find_spec("PIL.AvifImagePlugin") is not None
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF", *["AVIF"] * _AVIF)
# Pixels; of larger ones a network needs no more than a shrunk copy.
LARGEST = 50_000_000
_TWELVE_BITS = 1 << 12
# Brands of HEIF files, after "ftyp"; AVIF's are others.
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


class UnknownRange(ValueError):
    """Nobody says which number of a pixel is white."""


def open_image(file) -> Image.Image:
    """`Image.open` for these formats: reads the header, decodes nothing."""
    return Image.open(file, formats=FORMATS)


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
    if isinstance(error, UnknownRange):
        return f"of unknown range ({error}): save it with 8 bits"
    if isinstance(error, UnidentifiedImageError):
        return f"unreadable (none of {', '.join(FORMATS)})"
    return "unreadable (damaged or cut short)"
