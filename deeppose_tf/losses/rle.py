"""Regression by likelihood: residual log-likelihood estimation (RLE).

Li et al., Human Pose Regression with Residual Log-likelihood Estimation, ICCV
2021. For each coordinate the network predicts the position mu and the spread
sigma. The distribution of the residual (truth - mu) / sigma is learned along
with the network, by a normalizing flow: RealNVP (Dinh et al., ICLR 2017) in the
size of the article.
"""

import keras
import numpy as np
import tensorflow as tf

from deeppose_tf.losses import joint_losses

_layers = keras.layers
_LAYERS = 6
_UNITS = 64


class ResidualLogLikelihood(joint_losses.Loss):
    """The loss `rle`: minus the log-likelihood of the labeled joints.

    The likelihood is the product of two densities of the truth, Laplace's and
    the flow's. As in the authors' code each is divided by sigma: if only one
    were, a flow that shrinks would let sigma grow without bound. One flow
    serves all joints, and is of no use once the training is over.
    """

    def __init__(self):
        """Makes the flow, which begins as a normal density of the residual."""
        super().__init__()
        self.flow = RealNVP()

    def call(self, outputs, truth, labeled):
        """The loss of each example.

        Args:
            outputs: float32 [batch, joints, 4], predicted x, y and the spread
                of each, box units.
            truth: float32 [batch, joints, 2], box units.
            labeled: bool [batch, joints].

        Returns:
            float32 [batch]; 0 for an example with nothing labeled.
        """
        joints, spread = tf.split(outputs, 2, axis=-1)
        # Unlabeled joints may hold any value; mask them first, or their
        # gradients overflow.
        truth = tf.where(labeled[..., None], truth, joints)
        residual = (truth - joints) / spread
        laplace = tf.reduce_sum(tf.abs(residual), axis=-1) + 2 * np.log(2.0)
        flow = -self.flow.log_density(tf.reshape(residual, [-1, 2]))
        flow = tf.reshape(flow, tf.shape(laplace))
        loss = laplace + flow + 2 * tf.reduce_sum(tf.math.log(spread), axis=-1)
        return tf.reduce_sum(tf.where(labeled, loss, 0.0), axis=-1)


class RealNVP(_layers.Layer):
    """An invertible map from points [n, 2] to normally distributed ones.

    It begins as the identity.
    """

    def __init__(self):
        """Makes the weights."""
        super().__init__(dtype="float32")
        self._couplings = [Coupling(i % 2) for i in range(_LAYERS)]

    def call(self, points):
        """Maps points to normally distributed ones.

        Args:
            points: float32 [n, 2].

        Returns:
            float32 [n, 2], and the logarithm of the map's Jacobian
            determinant, float32 [n].
        """
        log_det = tf.zeros(tf.shape(points)[:1])
        for coupling in self._couplings:
            points, more = coupling(points)
            log_det += more
        return points, log_det

    def inverse(self, points):
        """The points that `call` maps to these."""
        for coupling in reversed(self._couplings):
            points = coupling.inverse(points)
        return points

    def log_density(self, points):
        """float32 [n], log of the density of points, float32 [n, 2]."""
        normal, log_det = self(points)
        square = tf.reduce_sum(tf.square(normal), axis=-1)
        return log_det - 0.5 * square - np.log(2.0 * np.pi)


class Coupling(_layers.Layer):
    """Scales and shifts one coordinate, by amounts that the other decides."""

    def __init__(self, kept: int):
        """Makes the weights; coordinate `kept` stays as it is."""
        super().__init__(dtype="float32")
        self._kept = kept
        # Bounded: a scale without bound lets the training diverge.
        self._scale, self._shift = _perceptron("tanh"), _perceptron(None)

    def call(self, points):
        """Points and log-determinants; see `RealNVP.call`."""
        kept, other = self._split(points)
        scale = self._scale(kept)
        other = other * tf.exp(scale) + self._shift(kept)
        return self._join(kept, other), scale[:, 0]

    def inverse(self, points):
        """The points that `call` maps to these."""
        kept, other = self._split(points)
        other = (other - self._shift(kept)) * tf.exp(-self._scale(kept))
        return self._join(kept, other)

    def _split(self, points):
        first, second = points[:, :1], points[:, 1:]
        return (second, first) if self._kept else (first, second)

    def _join(self, kept, other):
        both = [other, kept] if self._kept else [kept, other]
        return tf.concat(both, axis=-1)


def _perceptron(activation):
    hidden = [
        _layers.Dense(_UNITS, activation="leaky_relu", dtype="float32")
        for _ in range(2)
    ]
    last = _layers.Dense(
        1, activation, kernel_initializer="zeros", dtype="float32"
    )
    return keras.Sequential([keras.Input((1,)), *hidden, last])
