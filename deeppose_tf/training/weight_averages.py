"""Running averages of a model's weights, which are better than any of them.

Polyak & Juditsky, SIAM J. Control Optim. 1992. Statistics of batch
normalization are averaged too, so that they belong to the averaged weights.
"""

import contextlib

import keras
import numpy as np
import tensorflow as tf

from deeppose_tf.models import half_precision


class Averages(tf.Module):
    """Averages of all weights, beside the model that goes on training.

    The n-th update keeps min(decay, (1 + n) / (10 + n)) of what there was:
    where a training starts soon counts for nothing.
    """

    def __init__(
        self,
        model: keras.Model,
        decay: float,
        strategy: tf.distribute.Strategy,
    ):
        """Starts with the weights as they are."""
        super().__init__()
        self._model, self._decay, self._strategy = model, decay, strategy
        with strategy.scope():
            self._averages = [
                tf.Variable(weight.numpy(), trainable=False)
                for weight in model.weights
            ]
            self._updates = tf.Variable(0.0, trainable=False)

    def update(self):
        """Takes the weights in; for the strategy's cross-replica context."""
        n = self._updates + 1.0
        kept = tf.minimum(self._decay, (1.0 + n) / (10.0 + n))
        for average, weight in zip(
            self._averages, self._model.weights, strict=True
        ):
            self._strategy.extended.update(
                average, _move, args=(weight.value, 1.0 - kept)
            )
        self._updates.assign(n)

    def values(self) -> list[np.ndarray]:
        """The averages, in the order of the model's weights."""
        return [average.numpy() for average in self._averages]


def _move(average, weight, share):
    average.assign_add(share * (weight - average))


@contextlib.contextmanager
def in_place(model: keras.Model, average: Averages | None):
    """The model has the weights that are kept for as long as this lasts."""
    own = model.get_weights()
    model.set_weights(
        half_precision.rounded(average.values() if average else own)
    )
    try:
        yield
    finally:
        model.set_weights(own)
