"""Assigns people to splits: the official one, or by a hash of the image id."""

import hashlib
import struct

from data_prep.building.build_options import Options
from data_prep.sources.annotations import Annotation
from deeppose_tf.data import records

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
        image_id: of the image; all its persons get the same split.
        val_fraction: share of the training images to validate on.
        test_fraction: share of the images to test on.
        official: "train" or "test" where the source assigns a split, else
            None; an official test image is never trained on.
    """
    digest = hashlib.sha256(records.to_bytes(image_id)).digest()
    test_draw, val_draw = (n / 2**64 for n in _DRAWS.unpack_from(digest))
    if official == "test" or (official is None and test_draw < test_fraction):
        return "test"
    return "val" if val_draw < val_fraction else "train"


def of_person(annotation: Annotation, options: Options) -> str:
    """The split of an annotated person; see `by_image`."""
    return by_image(
        annotation.image_id,
        options.val_fraction,
        options.test_fraction,
        annotation.official,
    )
