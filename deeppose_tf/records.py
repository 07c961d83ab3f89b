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
    """The person as a serialized tf.Example: same person, same bytes."""
    example = tf.train.Example()
    # Filled in place: half the time of a message a feature.
    feature = example.features.feature
    for key, value in (
        ("image/encoded", person.image),
        ("image/id", person.image_id.encode()),
        ("person/id", person.person_id.encode()),
    ):
        feature[key].bytes_list.value.append(value)
    for key, values in (
        ("image/height", (person.height,)),
        ("image/width", (person.width,)),
        ("person/labeled", person.labeled.astype(int).tolist()),
        ("person/visible", person.visible.astype(int).tolist()),
    ):
        feature[key].int64_list.value.extend(values)
    for key, values in (
        ("person/box", person.box.tolist()),
        ("person/joints", person.joints.ravel().tolist()),
        ("person/head_size", (person.head_size,)),
        ("person/area", (person.area,)),
    ):
        feature[key].float_list.value.extend(values)
    # Else a map's order differs from process to process.
    return example.SerializeToString(deterministic=True)


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
