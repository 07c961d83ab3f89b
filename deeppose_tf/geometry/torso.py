"""The torso: its diameter scales errors and sizes refinement boxes.

All functions take tensors, and run in a graph.
"""

import tensorflow as tf


def diameter(joints, labeled, torsos) -> tf.Tensor:
    """The torso diameter, diam(y) of DeepPose, sec. 3.

    Args:
        joints: float32 [..., joints, 2].
        labeled: bool [..., joints].
        torsos: pairs of joint indices, `Skeleton.torsos`; the first pair that
            is labeled counts.

    Returns:
        float32 [...] in the unit of `joints`; 0 where no pair is labeled.
    """
    joints = tf.convert_to_tensor(joints, tf.float32)
    labeled = tf.convert_to_tensor(labeled)
    result = tf.zeros_like(joints[..., 0, 0])
    for a, b in reversed(torsos):
        length = tf.norm(joints[..., a, :] - joints[..., b, :], axis=-1)
        both = tf.gather(labeled, a, axis=-1) & tf.gather(labeled, b, axis=-1)
        result = tf.where(both, length, result)
    return result


def predicted_diameter(joints, box, torsos) -> tf.Tensor:
    """diam(y) of predicted joints, which sizes the next stage's boxes.

    Args:
        joints: float32 [..., joints, 2], pixels.
        box: float32 [..., 4], the person's b0.
        torsos: `Skeleton.torsos`.

    Returns:
        float32 [...], pixels; at least a tenth of b0's longer side, since a
        predicted torso can shrink to a point.
    """
    labeled = tf.ones(tf.shape(joints)[:-1], tf.bool)
    predicted = diameter(joints, labeled, torsos)
    return tf.maximum(predicted, 0.1 * tf.reduce_max(box[..., 2:], -1))
