"""What can be wrong with a record, and with records together.

Errors make a data set unusable or its figures untrue; warnings are worth a
look.
"""

import dataclasses
import hashlib
import io

import numpy as np
import tensorflow as tf
from PIL import Image

from data_prep.validation import left_right
from deeppose_tf.data import parsing
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import torso
from deeppose_tf.geometry.skeletons import Skeleton

_SMALL_TORSO = 5.0
_FAR = 0.5


@dataclasses.dataclass(frozen=True, eq=False)
class Checked:
    """One record, and what was found.

    Attributes:
        errors: kinds of fault that must be mended.
        warnings: kinds of fault to look at.
        person_id: empty where the record cannot be read.
        image_id: likewise.
        content: hash of the picture.
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
    content: bytes = b""
    joints: np.ndarray | None = None
    labeled: np.ndarray | None = None
    box: np.ndarray | None = None
    size: tuple[int, int] = (0, 0)
    torso: float = 0.0


def check(serialized: bytes, skeleton: Skeleton) -> Checked:
    """Checks one record by itself."""
    try:
        person = parsing.decode(serialized, len(skeleton.joints))
    except tf.errors.InvalidArgumentError:
        return Checked(errors=("not a record of this skeleton",))
    person = {name: value.numpy() for name, value in person.items()}
    box, labeled = person["box"], person["labeled"]
    sound = np.isfinite(box).all() and np.isfinite(person["joints"]).all()
    if not sound or box[2:].min() <= 0:
        return Checked(
            errors=("numbers not finite, or a box of no size",),
            person_id=person["person_id"].decode(),
        )
    joints = boxes.denormalize(person["joints"], box)
    size = (int(person["width"]), int(person["height"]))
    diameter = torso.diameter(joints, labeled, skeleton.torsos[:1])
    diameter = float(diameter.numpy())
    return Checked(
        errors=(*_of_picture(person["image"], size), *_of_numbers(person)),
        warnings=tuple(
            _of_pose(joints, labeled, box, size, diameter, skeleton)
        ),
        person_id=person["person_id"].decode(),
        image_id=person["image_id"].decode(),
        content=hashlib.sha256(person["image"]).digest()[:12],
        joints=joints,
        labeled=labeled,
        box=box,
        size=size,
        torso=diameter,
    )


def _of_picture(encoded, size):
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            image.load()
    except (
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
    ):
        yield "picture cannot be decoded"
        return
    if image.format != "JPEG":
        yield "picture is no JPEG"
    if image.size != size:
        yield "picture of another size than recorded"


def _of_numbers(person):
    measures = np.array([person["head_size"], person["area"]])
    if not (np.isfinite(measures) & (measures >= 0)).all():
        yield "head size or area not finite, or negative"
    if (person["visible"] & ~person["labeled"]).any():
        yield "a joint visible but not labeled"


def _of_pose(joints, labeled, box, size, torso, skeleton):
    if not labeled.any():
        yield "no labeled joint"
        return
    found = joints[labeled]
    beyond = np.maximum(-found, found - size) / max(size)
    if beyond.max() > 0:
        yield "a joint outside the picture"
    if (np.abs(found - box[:2]) > _FAR * box[2:] + 0.5).any():
        yield "a joint outside the box"
    if torso == 0:
        yield "no torso: left out of PDJ"
    elif torso < _SMALL_TORSO:
        yield f"torso below {_SMALL_TORSO:g} pixels"
    if left_right.of_body(joints, labeled, torso, skeleton):
        yield "left and right look exchanged"
    if left_right.of_eyes(joints, labeled, torso, skeleton):
        yield "left and right of eyes and shoulders look exchanged"


class Together:
    """Faults that only show between records: twins."""

    def __init__(self, official_split: bool = False):
        """Starts with nothing seen.

        Args:
            official_split: whether the data set's own split was kept. It may
                part people of one picture, as FLIC's does twice; a picture
                that was copied under another id is a fault all the same.
        """
        self._official_split = official_split
        self._persons = set()
        self._pictures = {}

    def check(self, split: str, one: Checked) -> tuple[list, list]:
        """Errors and warnings of one more record, given those before."""
        if not one.person_id:
            return [], []
        errors, warnings = [], []
        if one.person_id in self._persons:
            errors.append("person id occurs twice")
        self._persons.add(one.person_id)
        if one.content:
            first, image_id = self._pictures.setdefault(
                one.content, (split, one.image_id)
            )
            shared = self._official_split and image_id == one.image_id
            if first != split and shared:
                warnings.append(
                    f"people of one picture in {first} and {split}, as the "
                    "data set's own split has it"
                )
            elif first != split:
                errors.append(f"same picture in {first} and {split}")
            elif image_id != one.image_id:
                warnings.append("same picture under another name")
        return errors, warnings
