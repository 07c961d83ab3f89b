"""A loss on the maps of an integral head, beside that on its coordinates.

An expected coordinate says little of the map behind it: where a joint may be in
two places, it is the place between them. This loss asks each map to be a normal
density around the joint (Nibali et al., Numerical Coordinate Regression with
Convolutional Neural Networks, 2018, sec. 4.2, with the Kullback-Leibler
divergence).
"""

import keras
import tensorflow as tf

from deeppose_tf.losses import joint_losses
from deeppose_tf.models import heads
from deeppose_tf.models import soft_argmax

# As in the article: the density's standard deviation, in cells of the map.
_CELLS = 1.0
# Keeps the logarithm finite where a density vanishes.
_LEAST = 1e-12


class WithMaps(joint_losses.Loss):
    """Another loss, and `weight` times the divergence of the maps."""

    def __init__(self, on_joints: joint_losses.Loss, weight: float):
        """Adds to a loss on joints."""
        super().__init__()
        self._on_joints, self._weight = on_joints, weight

    def outputs_of(self, model: keras.Model) -> keras.Model:
        """The model of a head with maps, with them as a second output."""
        return keras.Model(model.input, [model.output, heads.maps_of(model)])

    def call(self, outputs, truth, labeled):
        """The loss of each example.

        Args:
            outputs: what the other loss takes, and the maps, float
                [batch, rows, columns, joints].
            truth: float32 [batch, joints, 2], box units.
            labeled: bool [batch, joints].

        Returns:
            float32 [batch].
        """
        joints, maps = outputs
        on_maps = divergence(maps, truth, labeled)
        return self._on_joints(joints, truth, labeled) + self._weight * on_maps


def divergence(maps: tf.Tensor, truth: tf.Tensor, labeled: tf.Tensor):
    """How far maps are from densities around the joints, summed over joints.

    Joints outside the maps do not count.

    Args:
        maps: float [batch, rows, columns, joints], before their softmax.
        truth: float32 [batch, joints, 2], box units.
        labeled: bool [batch, joints].

    Returns:
        float32 [batch], the Kullback-Leibler divergence in nats.
    """
    _, rows, columns, outputs = maps.shape
    x, y = _centers(columns), _centers(rows)
    end = [(3 * cells[-1] - cells[-2]) / 2 for cells in (x, y)]
    counts = labeled & tf.reduce_all(tf.abs(truth) < end, axis=-1)
    # A joint that does not count may hold any value; mask it first, or the
    # gradients overflow.
    truth = tf.where(counts[..., None], truth, 0.0)
    wanted = tf.einsum(
        "bor,boc->brco", _density(y, truth[..., 1]), _density(x, truth[..., 0])
    )
    wanted = tf.reshape(wanted, [-1, rows * columns, outputs])
    cells = tf.reshape(tf.cast(maps, tf.float32), tf.shape(wanted))
    log_ratio = tf.math.log(wanted + _LEAST) - tf.nn.log_softmax(cells, axis=1)
    each = tf.reduce_sum(wanted * log_ratio, axis=1)
    return tf.reduce_sum(tf.where(counts, each, 0.0), axis=-1)


def _centers(num_cells):
    return soft_argmax.cell_centers(num_cells, soft_argmax.MARGIN)


def _density(centers, truth):
    """Shares of cells along one axis, [batch, joints, cells]."""
    distance = (centers - truth[..., None]) / (centers[1] - centers[0])
    return tf.nn.softmax(-tf.square(distance / _CELLS) / 2, axis=-1)
