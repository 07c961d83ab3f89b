"""A loss on the maps of a teacher, a trained network that sees the same crops.

Knowledge distillation (Hinton et al., Distilling the Knowledge in a Neural
Network, 2015; of maps of joints, Zhang et al., Fast Human Pose Estimation, CVPR
2019). The teacher's maps tell where else a joint may be, where joints are that
nobody labeled, and outvote labels that are wrong.
"""

import keras
import tensorflow as tf

from deeppose_tf.losses import joint_losses
from deeppose_tf.models import heads


class WithTeacher(joint_losses.Loss):
    """Another loss, and `weight` times the divergence from a teacher's maps."""

    def __init__(
        self,
        other: joint_losses.Loss,
        teacher: keras.Model,
        joints: list[int],
        weight: float,
    ):
        """Adds to a loss.

        Args:
            other: on what the network itself gives.
            teacher: takes the network's crops, and has maps of the size of its
                maps.
            joints: which of its joints are the network's, in their order.
            weight: of the divergence, which is summed over joints.
        """
        super().__init__()
        self._other, self._joints, self._weight = other, joints, weight
        maps = keras.Model(teacher.input, heads.maps_of(teacher))
        # In a function, lest its weights come into checkpoints.
        self._teacher = lambda: maps

    def outputs_of(self, model: keras.Model) -> keras.Model:
        """The other loss's outputs, the maps, and the crops they are of."""
        own = self._other.outputs_of(model).output
        return keras.Model(
            model.input, [own, heads.maps_of(model), model.input]
        )

    def call(self, outputs, truth, labeled):
        """The loss of each example.

        Args:
            outputs: what the other loss takes; the network's maps, float
                [batch, rows, columns, joints]; and the crops.
            truth: float32 [batch, joints, 2], box units.
            labeled: bool [batch, joints].

        Returns:
            float32 [batch].
        """
        own, maps, crops = outputs
        taught = self._teacher()(crops, training=False)
        apart = divergence(tf.gather(taught, self._joints, axis=-1), maps)
        return self._other(own, truth, labeled) + self._weight * apart


def divergence(wanted: tf.Tensor, maps: tf.Tensor) -> tf.Tensor:
    """How far maps are from other ones, summed over joints.

    Args:
        wanted: float [batch, rows, columns, joints], before their softmax.
        maps: likewise.

    Returns:
        float32 [batch], the Kullback-Leibler divergence in nats.
    """
    _, rows, columns, joints = maps.shape
    wanted, maps = (
        tf.nn.log_softmax(
            tf.reshape(tf.cast(each, tf.float32), [-1, rows * columns, joints]),
            axis=1,
        )
        for each in (wanted, maps)
    )
    return tf.reduce_sum(tf.exp(wanted) * (wanted - maps), axis=[1, 2])
