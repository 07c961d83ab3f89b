"""Records: one person as a tf.Example; read again by parsing.py.

TensorFlow is not needed to make them: builders start without it.
"""

import dataclasses

import numpy as np

from deeppose_tf.data import tf_example


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
        ("image/encoded", tf_example.BYTES, person.image),
        ("image/height", tf_example.INTS, _int(person.height)),
        ("image/id", tf_example.BYTES, to_bytes(person.image_id)),
        ("image/width", tf_example.INTS, _int(person.width)),
        ("person/area", tf_example.FLOATS, _floats(person.area)),
        ("person/box", tf_example.FLOATS, _floats(person.box)),
        ("person/head_size", tf_example.FLOATS, _floats(person.head_size)),
        ("person/id", tf_example.BYTES, to_bytes(person.person_id)),
        ("person/joints", tf_example.FLOATS, _floats(person.joints)),
        ("person/labeled", tf_example.INTS, _flags(person.labeled)),
        ("person/visible", tf_example.INTS, _flags(person.visible)),
    ]
    return tf_example.serialize(features)


_int = tf_example.varint


def to_bytes(name: str) -> bytes:
    """A name as UTF-8; names of files need not be Unicode."""
    try:
        return name.encode()  # Far faster than with a handler of errors.
    except UnicodeEncodeError:
        return name.encode(errors="backslashreplace")


def _floats(values):
    return np.asarray(values, "<f4").tobytes()


def _flags(values):
    return np.asarray(values, bool).tobytes()
