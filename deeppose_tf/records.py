"""Records: one person as a tf.Example. The only home of the keys."""

import dataclasses

import numpy as np
import tensorflow as tf


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
    """The person as a serialized tf.Example."""
    feature = {
        "image/encoded": _bytes(person.image),
        "image/height": _ints([person.height]),
        "image/width": _ints([person.width]),
        "image/id": _bytes(person.image_id.encode()),
        "person/id": _bytes(person.person_id.encode()),
        "person/box": _floats(person.box),
        "person/joints": _floats(person.joints),
        "person/labeled": _ints(person.labeled),
        "person/visible": _ints(person.visible),
        "person/head_size": _floats([person.head_size]),
        "person/area": _floats([person.area]),
    }
    features = tf.train.Features(feature=feature)
    return tf.train.Example(features=features).SerializeToString()


def _bytes(value):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


def _ints(values):
    values = np.asarray(values, np.int64).ravel().tolist()
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def _floats(values):
    values = np.asarray(values, np.float32).ravel().tolist()
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))


def decode(serialized: tf.Tensor, num_joints: int) -> dict[str, tf.Tensor]:
    """Parses one record.

    Args:
        serialized: string [].
        num_joints: of the skeleton that the records were built for.

    Returns:
        The fields of `Person` by name, as tensors; `image` still encoded.
    """
    k = num_joints
    fields = tf.io.parse_single_example(
        serialized,
        {
            "image/encoded": tf.io.FixedLenFeature([], tf.string),
            "image/height": tf.io.FixedLenFeature([], tf.int64),
            "image/width": tf.io.FixedLenFeature([], tf.int64),
            "image/id": tf.io.FixedLenFeature([], tf.string),
            "person/id": tf.io.FixedLenFeature([], tf.string),
            "person/box": tf.io.FixedLenFeature([4], tf.float32),
            "person/joints": tf.io.FixedLenFeature([k, 2], tf.float32),
            "person/labeled": tf.io.FixedLenFeature([k], tf.int64),
            "person/visible": tf.io.FixedLenFeature([k], tf.int64),
            "person/head_size": tf.io.FixedLenFeature([], tf.float32, 0.0),
            "person/area": tf.io.FixedLenFeature([], tf.float32, 0.0),
        },
    )
    return {
        "image": fields["image/encoded"],
        "height": fields["image/height"],
        "width": fields["image/width"],
        "image_id": fields["image/id"],
        "person_id": fields["person/id"],
        "box": fields["person/box"],
        "joints": fields["person/joints"],
        "labeled": fields["person/labeled"] > 0,
        "visible": fields["person/visible"] > 0,
        "head_size": fields["person/head_size"],
        "area": fields["person/area"],
    }


def decode_joints(serialized: tf.Tensor, num_joints: int):
    """Parses many records at once, without their images.

    Args:
        serialized: string [n].
        num_joints: of the skeleton that the records were built for.

    Returns:
        joints: float32 [n, joints, 2] in box units; labeled: bool [n, joints].
    """
    k = num_joints
    fields = tf.io.parse_example(
        serialized,
        {
            "person/joints": tf.io.FixedLenFeature([k, 2], tf.float32),
            "person/labeled": tf.io.FixedLenFeature([k], tf.int64),
        },
    )
    return fields["person/joints"], fields["person/labeled"] > 0
