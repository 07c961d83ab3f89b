"""Checks of single records.

Errors make a data set unusable or its metrics wrong; warnings may be harmless.
"""

import dataclasses
import hashlib
import io
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from data_prep.building import jpegs
from data_prep.building import pictures
from data_prep.validation import left_right
from deeppose_tf import picture_formats
from deeppose_tf.data import parsing
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import torso
from deeppose_tf.geometry.skeletons import Skeleton

_SMALL_TORSO = 5.0  # Pixels.
_EDGE = 0.5  # Of the box, in box units.


@dataclasses.dataclass(frozen=True, eq=False)
class CheckedRecord:
    """One record and its faults.

    Attributes:
        errors: kinds of fault that must be repaired.
        warnings: kinds of fault that may be harmless.
        person_id: empty where the record cannot be read.
        image_id: likewise.
        image_hash: of the picture's bytes.
        joints: float32 [joints, 2], pixels.
        labeled: bool [joints].
        box: float32 [4], pixels.
        size: (width, height) of the picture.
        torso: diameter in pixels, 0 where unlabeled.
    """

    errors: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    person_id: str = ""
    image_id: str = ""
    image_hash: bytes = b""
    joints: np.ndarray | None = None
    labeled: np.ndarray | None = None
    box: np.ndarray | None = None
    size: tuple[int, int] = (0, 0)
    torso: float = 0.0


def check(serialized: bytes, skeleton: Skeleton) -> CheckedRecord:
    """Checks one record without regard to others."""
    [found] = check_all([serialized], skeleton)
    return found


def check_all(
    serialized: Sequence[bytes], skeleton: Skeleton
) -> list[CheckedRecord]:
    """Checks each of several records: to parse one takes as long as all."""
    try:
        people = parsing.decode_all(serialized, len(skeleton.joints))
    except tf.errors.InvalidArgumentError:
        if len(serialized) == 1:
            return [CheckedRecord(errors=("not a record of this skeleton",))]
        return [check(record, skeleton) for record in serialized]
    people = {name: value.numpy() for name, value in people.items()}
    with np.errstate(all="ignore"):  # Numbers may be none; see `_checked`.
        joints = boxes.denormalize(people["joints"], people["box"])
    diameters = torso.diameter(joints, people["labeled"], skeleton.torsos[:1])
    diameters = diameters.numpy().tolist()
    return [
        _checked(
            {name: values[i] for name, values in people.items()},
            joints[i],
            diameters[i],
            skeleton,
        )
        for i in range(len(serialized))
    ]


def _checked(person, joints, diameter, skeleton):
    box, labeled = person["box"], person["labeled"]
    finite = np.isfinite(box).all() and np.isfinite(person["joints"]).all()
    if not finite or box[2:].min() <= 0:
        return CheckedRecord(
            errors=("numbers not finite, or a box of no size",),
            person_id=person["person_id"].decode(),
        )
    size = (int(person["width"]), int(person["height"]))
    return CheckedRecord(
        errors=(
            *_image_errors(person["image"], size),
            *_far_joints(joints, person["joints"], labeled, size),
            *_number_errors(person),
        ),
        warnings=tuple(
            _pose_warnings(joints, labeled, box, size, diameter, skeleton)
        ),
        person_id=person["person_id"].decode(),
        image_id=person["image_id"].decode(),
        image_hash=hashlib.sha256(person["image"]).digest()[:12],
        joints=joints,
        labeled=labeled,
        box=box,
        size=size,
        torso=diameter,
    )


def _image_errors(encoded, size):
    try:
        with (
            picture_formats.quiet(),
            picture_formats.open_image(io.BytesIO(encoded)) as image,
        ):
            large = image.width * image.height > pictures.LARGEST
            if not large:
                image.load()
    except Exception:  # Pillow's plugins raise many kinds.
        yield "picture cannot be decoded"
        return
    if large:
        yield f"picture above {pictures.LARGEST // 10**6} megapixels"
    if image.format not in ("JPEG", "MPO"):
        yield "picture is no JPEG"
    elif not large and jpegs.damage(encoded):
        yield "picture is damaged"
    if image.size != size:
        yield "picture of another size than recorded"


def _far_joints(joints, normalized, labeled, size):
    if boxes.far_outside(joints, labeled, np.array(size)):
        yield "labeled joint far outside the picture"
    elif boxes.far_from_box(normalized, labeled):
        yield "labeled joint far outside the box"


def _number_errors(person):
    measures = np.array([person["head_size"], person["area"]])
    if not (np.isfinite(measures) & (measures >= 0)).all():
        yield "head size or area not finite, or negative"
    if (person["visible"] & ~person["labeled"]).any():
        yield "a joint visible but not labeled"


def _pose_warnings(joints, labeled, box, size, torso, skeleton):
    if not labeled.any():
        yield "no labeled joint"
        return
    places = joints[labeled]
    if np.maximum(-places, places - size).max() > 0:
        yield "a joint outside the picture"
    # With half a pixel of tolerance.
    if (np.abs(places - box[:2]) > _EDGE * box[2:] + 0.5).any():
        yield "a joint outside the box"
    if torso == 0:
        yield "no torso: left out of PDJ"
    elif torso < _SMALL_TORSO:
        yield f"torso below {_SMALL_TORSO:g} pixels"
    if left_right.body_swapped(joints, labeled, torso, skeleton):
        yield "left and right look exchanged"
    if left_right.eyes_swapped(joints, labeled, torso, skeleton):
        yield "left and right of eyes and shoulders look exchanged"
