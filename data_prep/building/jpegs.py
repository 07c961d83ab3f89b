"""What JPEG files say beside their pixels: orientation, and damage."""

import io
import re

import simplejpeg

from deeppose_tf import picture_formats

# Markers of a JPEG: of EXIF and XMP data, and of the scan, where its head ends.
_APP1, _SCAN = 0xE1, 0xDA
# What the decoder says of files that are whole; it repairs nothing then.
_HARMLESS = ("Invalid SOS parameters", "Unknown Adobe", "unknown JFIF", "ICC")
_PADDED = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
# CMYK cannot become grey; its damage is left to Pillow.
_NOT_GREY = "Unsupported color conversion"


def orientation(encoded: bytes) -> int:
    """The EXIF orientation of a JPEG, 1 to 8; 1 is upright, or unknown."""
    # Most files of data sets have none; opening each would take too long.
    if not _has_app1(encoded):
        return 1
    try:
        with picture_formats.open_image(io.BytesIO(encoded)) as image:
            return picture_formats.orientation_of(image)
    except Exception:  # Pillow raises many kinds; who decodes it says more.
        return 1


def _has_app1(encoded):
    place, end = 2, len(encoded) - 4
    while place < end and encoded[place] == 0xFF:
        marker = encoded[place + 1]
        if marker in (_APP1, _SCAN):
            return marker == _APP1
        # A segment's length counts its own two bytes, not the marker's.
        place += 2 + (encoded[place + 2] << 8 | encoded[place + 3])
    return False


def damage(encoded: bytes) -> str | None:
    """What the decoder says of a damaged JPEG; None where it is whole.

    Damage inside of a file does not stop a decoder: it warns, and goes on with
    other pixels. All of the file is read, for an eighth of the pixels' sides.
    """
    try:
        simplejpeg.decode_jpeg(encoded, "GRAY", min_height=1, min_width=1)
    except ValueError as error:
        said = str(error)
        if said.startswith(_NOT_GREY) or _is_harmless(said, encoded):
            return None
        return said.removeprefix("Corrupt JPEG data: ")
    return None


def _is_harmless(said, encoded):
    if any(words in said for words in _HARMLESS):
        return True
    # Some cameras fill up the file before its end.
    padded = _PADDED.search(said)
    if not padded or not encoded.endswith(b"\xff\xd9"):
        return False
    filling = encoded[-2 - int(padded[1]) : -2]
    return not filling.strip(b"\0\xff")
