"""Regression by likelihood: residual log-likelihood estimation (RLE).

Li et al., Human Pose Regression with Residual Log-likelihood Estimation, ICCV
2021. The network says of each coordinate where it is and how sure that is,
(mu, sigma); r = (truth - mu) / sigma. What r is like is learned beside it, so
that the loss suits the labels rather than the other way round.
"""

import keras
import numpy as np
import tensorflow as tf

from deeppose_tf.training import flows


class Likelihood(keras.layers.Layer):
    """The loss `rle`: minus the log-likelihood of the labeled joints.

    It is the sum of two densities' of the truth, Laplace's and a flow's. As in
    the authors' code each is divided by sigma: were it only one, a flow that
    shrinks would let sigma grow without bound. The flow is one for all joints,
    and of no use once the training is over.
    """

    def __init__(self):
        """Makes the flow, with which r is normal to begin with."""
        super().__init__(dtype="float32")
        self.flow = flows.Flow()

    def call(self, found, truth, labeled):
        """The loss of each example.

        Args:
            found: float32 [batch, joints, 4], predicted x, y and the sigma of
                each, box units.
            truth: float32 [batch, joints, 2], box units.
            labeled: bool [batch, joints].

        Returns:
            float32 [batch]; 0 for an example with nothing labeled.
        """
        joints, spread = tf.split(found, 2, axis=-1)
        # Labels that are none may be far outside, where gradients overflow.
        truth = tf.where(labeled[..., None], truth, joints)
        residual = (truth - joints) / spread
        laplace = tf.reduce_sum(tf.abs(residual), axis=-1) + 2 * np.log(2.0)
        flow = -self.flow.log_density(tf.reshape(residual, [-1, 2]))
        flow = tf.reshape(flow, tf.shape(laplace))
        each = laplace + flow + 2 * tf.reduce_sum(tf.math.log(spread), axis=-1)
        return tf.reduce_sum(tf.where(labeled, each, 0.0), axis=-1)
