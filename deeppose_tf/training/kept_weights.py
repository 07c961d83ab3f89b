"""The weights of a network that are judged and saved.

They are the running average where there is one, and kernels are rounded to what
float16 holds: an export of half the size then predicts the same. Later stages
would not forgive a difference: they move their crops with it.
"""

import contextlib

import keras
import numpy as np

from deeppose_tf.training.weight_averages import Averages


@contextlib.contextmanager
def in_place(model: keras.Model, average: Averages | None):
    """The model has the weights that are kept for as long as this lasts."""
    own = model.get_weights()
    model.set_weights(rounded(average.values() if average else own))
    try:
        yield
    finally:
        model.set_weights(own)


def is_kernel(weight) -> bool:
    """Whether a weight is kept as float16: biases and statistics are not.

    They weigh nothing, and a variance can leave float16's range.
    """
    return len(weight.shape) > 1


def rounded(weights: list[np.ndarray]) -> list[np.ndarray]:
    """Float32 weights, of which the kernels are numbers of float16."""
    with np.errstate(over="ignore"):  # Weights that diverge are told of later.
        return [
            weight.astype(np.float16).astype(np.float32)
            if is_kernel(weight)
            else weight
            for weight in weights
        ]
