"""A normalizing flow: a density of points in the plane that can be learned.

RealNVP (Dinh et al., ICLR 2017) in the size that Li et al. (Human Pose
Regression with Residual Log-likelihood Estimation, ICCV 2021) use.
"""

import keras
import numpy as np
import tensorflow as tf

_layers = keras.layers
_LAYERS = 6
_UNITS = 64


class Flow(_layers.Layer):
    """An invertible map of points [n, 2] to points that are normal.

    A fresh one is the identity.
    """

    def __init__(self):
        """Makes the weights."""
        super().__init__(dtype="float32")
        self._couplings = [Coupling(i % 2) for i in range(_LAYERS)]

    def call(self, points):
        """Maps points on.

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
    """Scales and shifts one coordinate, by what the other says."""

    def __init__(self, kept: int):
        """Makes the weights; coordinate `kept` stays as it is."""
        super().__init__(dtype="float32")
        self._kept = kept
        # Bounded: a wild scale would be the end of the training.
        self._scale, self._shift = _perceptron("tanh"), _perceptron(None)

    def call(self, points):
        """Points and log-determinants; see `Flow.call`."""
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
