"""The split of a person: the official one, or by a hash of the image's id."""

import hashlib
import struct

from data_prep.building.options import Options
from data_prep.sources.annotations import Annotation

SPLITS = ("train", "val", "test")
_DRAWS = struct.Struct(">QQ")


def by_image(
    image_id: str,
    val_fraction: float,
    test_fraction: float,
    official: str | None,
) -> str:
    """The split of an image, by a hash of its id: the same on every machine.

    Args:
        image_id: of the image; all its persons fall on the same side.
        val_fraction: share of the training images that validate.
        test_fraction: share of the images that test.
        official: the split that the source assigns, None where it has none;
            an official test image is never trained on.
    """
    digest = hashlib.sha256(image_id.encode()).digest()
    test_draw, val_draw = (n / 2**64 for n in _DRAWS.unpack_from(digest))
    if official == "test" or (official is None and test_draw < test_fraction):
        return "test"
    return "val" if val_draw < val_fraction else "train"


def of_person(annotation: Annotation, options: Options) -> str:
    """The split of a person: the official one, or by its image."""
    return by_image(
        annotation.image_id,
        options.val_fraction,
        options.test_fraction,
        annotation.official,
    )
