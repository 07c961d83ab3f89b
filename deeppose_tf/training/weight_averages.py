"""Running averages of a model's weights, and the weights that are kept.

Polyak & Juditsky, SIAM J. Control Optim. 1992. Statistics of batch
normalization are averaged too, so that they belong to the averaged weights:
Keras's use_ema leaves them out, and works with one optimizer only.
"""

import contextlib

import keras
import numpy as np
import tensorflow as tf

from deeppose_tf.models import half_precision
from deeppose_tf.networks import either_keras


class Averages(tf.Module):
    """Averages of all weights, while the model goes on training.

    The n-th update keeps min(decay, (1 + n) / (10 + n)) of the average, so the
    random weights of the start soon have no share in it.
    """

    def __init__(
        self,
        model: keras.Model,
        decay: float,
        strategy: tf.distribute.Strategy,
    ):
        """Starts from the current weights."""
        super().__init__()
        self._model, self._decay, self._strategy = model, decay, strategy
        with strategy.scope():
            self._averages = [
                tf.Variable(weight.numpy(), trainable=False)
                for weight in model.weights
            ]
            self._updates = tf.Variable(0.0, trainable=False)

    def update(self):
        """Adds the current weights; for the cross-replica context."""
        n = self._updates + 1.0
        kept = tf.minimum(self._decay, (1.0 + n) / (10.0 + n))
        for average, weight in zip(
            self._averages, self._model.weights, strict=True
        ):
            self._strategy.extended.update(
                average, _move, args=(either_keras.variable(weight), 1.0 - kept)
            )
        self._updates.assign(n)

    def values(self) -> list[np.ndarray]:
        """The averages, in the order of the model's weights."""
        return [average.numpy() for average in self._averages]


def start(
    model: keras.Model, decay: float | None, strategy: tf.distribute.Strategy
) -> Averages | None:
    """Averages that begin with the current weights; None without a decay."""
    return None if decay is None else Averages(model, decay, strategy)


def _move(average, weight, share):
    average.assign_add(share * (weight - average))


@contextlib.contextmanager
def in_place(model: keras.Model, average: Averages | None):
    """Gives the model the weights that are evaluated and saved.

    They are the running average where there is one. Kernels are rounded to
    what float16 holds: an export of half the size then predicts the same. A
    difference would grow from stage to stage, since crops move with it.
    """
    weights = model.get_weights()
    model.set_weights(
        half_precision.rounded(average.values() if average else weights)
    )
    try:
        yield
    finally:
        model.set_weights(weights)
