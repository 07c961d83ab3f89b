"""Networks whose weights are constants of their graph, not variables.

A convolution brings its kernel into an order of its own. It does so once where
the kernel is a constant, and in every call where it may have changed.
"""

import re

import numpy as np
import tensorflow as tf

from deeppose_tf.models import cascade
from deeppose_tf.models import half_precision
from deeppose_tf.models import trained_stages
from deeppose_tf.networks import either_keras

# Bytes of a cascade's weights. TensorFlow holds a graph several times while it
# loads, and none of 2 GB; large networks take long enough without this.
LARGEST = 64_000_000
# Values of float16 a constant. TensorFlow's optimizer makes no constant of
# 100 kB or more out of a smaller one, but joins some to one of their size.
_VALUES = 25_000
_NAME = re.compile(r"weight_(\d+)_(\d+)")


def fit(model: cascade.Cascade, dtype: str) -> bool:
    """Whether the weights are few enough, with kernels of a type."""
    return LARGEST >= sum(
        _stored(weight, dtype).nbytes
        for stage in model.stages
        for network in stage.networks.values()
        for weight in network.weights
    )


def frozen(model: cascade.Cascade, dtype: str) -> cascade.Cascade:
    """The same cascade with constants, whose kernels have a type."""
    members, number = [], 0
    for stage in model.stages:
        networks = {}
        for part, network in stage.networks.items():
            networks[part] = FrozenNetwork(network, dtype, number)
            number += len(network.weights)
        members.append(trained_stages.Stage(stage.spec, networks))
    return model.replaced(members)


class FrozenNetwork:
    """A network that computes in float32 from constants.

    Attributes:
        weights: none, as there are no variables.
    """

    weights = ()

    def __init__(self, network, dtype: str, number: int):
        """Copies the weights of a keras.Model.

        Args:
            network: the model.
            dtype: of its kernels, float32 or float16.
            number: of its first weight in the cascade.
        """
        self._network = network
        self._number = number
        self._values = [_stored(weight, dtype) for weight in network.weights]
        # A function, so that several calls share their constants in files.
        self._call = tf.function(self._called, autograph=False)

    def __call__(self, crop, training=False):
        """Calls the network; only training=False."""
        if training:
            raise ValueError("frozen networks are not trained")
        return self._call(crop)

    def _called(self, crop):
        full = [
            _constant(values, f"weight_{i}")
            for i, values in enumerate(self._values, self._number)
        ]
        return either_keras.called_with(self._network, full, crop)


def _stored(weight, dtype):
    values = either_keras.variable(weight).numpy()
    return values.astype(dtype) if half_precision.is_kernel(weight) else values


def _constant(values, name):
    """The values as float32, of constants that `read` finds."""
    if values.dtype == np.float32:
        return tf.constant(values, name=f"{name}_0")
    flat = values.ravel()
    parts = [
        tf.cast(tf.constant(part, name=f"{name}_{i}"), tf.float32)
        for i, part in enumerate(
            np.split(flat, range(_VALUES, flat.size, _VALUES))
        )
    ]
    return tf.reshape(tf.concat(parts, axis=0), values.shape)


def read(graph: tf.compat.v1.GraphDef) -> dict[int, np.ndarray]:
    """The weights in a graph, by number; those of float16 flat."""
    parts = {}
    for function in graph.library.function:
        for node in function.node_def:
            match = _NAME.fullmatch(node.name)
            if match:
                number, part = map(int, match.groups())
                values = tf.make_ndarray(node.attr["value"].tensor)
                parts.setdefault(number, {})[part] = values
    return {
        number: np.concatenate([by_part[i] for i in sorted(by_part)])
        for number, by_part in parts.items()
    }
