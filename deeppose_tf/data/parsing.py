"""Records -> tensors; see records.py for what they hold."""

import tensorflow as tf


def decode(serialized: tf.Tensor, num_joints: int) -> dict[str, tf.Tensor]:
    """Parses one record.

    Args:
        serialized: string [].
        num_joints: of the skeleton that the records were built for.

    Returns:
        The fields of `Person` by name, as tensors; `image` still encoded.
    """
    return _by_name(
        tf.io.parse_single_example(serialized, _features(num_joints))
    )


def decode_all(serialized: tf.Tensor, num_joints: int) -> dict[str, tf.Tensor]:
    """Parses many records at once; see `decode`.

    Args:
        serialized: string [n].
        num_joints: of the skeleton that the records were built for.

    Returns:
        As `decode` does, each with n first.
    """
    return _by_name(tf.io.parse_example(serialized, _features(num_joints)))


def _features(k):
    return {
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
    }


def _by_name(fields):
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
