"""Records: one person as a tf.Example; read again by parsing.py.

TensorFlow is not needed to make them: builders start without it.
"""

import dataclasses

import numpy as np

from deeppose_tf import example_bytes


@dataclasses.dataclass(frozen=True, eq=False)
class Person:
    """One annotated person.

    Attributes:
        image: encoded JPEG.
        height: of the image, pixels.
        width: of the image, pixels.
        image_id: unique in the data set.
        person_id: unique in the data set.
        box: float32 [4], b0 in pixels of the stored image.
        joints: float32 [joints, 2] in box units; 0 where unlabeled.
        labeled: bool [joints].
        visible: bool [joints].
        head_size: of the true head, pixels; 0 where a data set has none.
        area: of the person's segment, square pixels; 0 likewise.
    """

    image: bytes
    height: int
    width: int
    image_id: str
    person_id: str
    box: np.ndarray
    joints: np.ndarray
    labeled: np.ndarray
    visible: np.ndarray
    head_size: float = 0.0
    area: float = 0.0


def encode(person: Person) -> bytes:
    """The person as a serialized tf.Example: same person, same bytes."""
    features = [
        ("image/encoded", example_bytes.BYTES, person.image),
        ("image/height", example_bytes.INTS, _int(person.height)),
        ("image/id", example_bytes.BYTES, person.image_id.encode()),
        ("image/width", example_bytes.INTS, _int(person.width)),
        ("person/area", example_bytes.FLOATS, _floats(person.area)),
        ("person/box", example_bytes.FLOATS, _floats(person.box)),
        ("person/head_size", example_bytes.FLOATS, _floats(person.head_size)),
        ("person/id", example_bytes.BYTES, person.person_id.encode()),
        ("person/joints", example_bytes.FLOATS, _floats(person.joints)),
        ("person/labeled", example_bytes.INTS, _flags(person.labeled)),
        ("person/visible", example_bytes.INTS, _flags(person.visible)),
    ]
    return example_bytes.serialize(features)


_int = example_bytes.varint


def _floats(values):
    return np.asarray(values, "<f4").tobytes()


def _flags(values):
    return np.asarray(values, bool).tobytes()
