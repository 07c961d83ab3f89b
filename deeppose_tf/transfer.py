"""A network starts with what another one has learned, layer by layer."""

import pathlib

import keras
from absl import logging

from deeppose_tf import errors


def copy_layers(
    source: keras.Model, target: keras.Model, path: pathlib.Path
) -> None:
    """Gives layers the weights of the source's of the same name and shapes.

    Args:
        source: a trained network.
        target: a fresh one, whose other layers stay as they are.
        path: of the source's weights, for messages.

    Raises:
        InputError: there is no such layer.
    """
    known = {layer.name: layer for layer in source.layers if layer.weights}
    own = [layer for layer in target.layers if layer.weights]
    alike = [
        layer
        for layer in own
        if layer.name in known and _shapes(layer) == _shapes(known[layer.name])
    ]
    if not alike:
        raise errors.InputError(
            f"{path}: of {source.name}, which has no layer in common with this "
            "network; use a run of the same family of networks"
        )
    for layer in alike:
        layer.set_weights(known[layer.name].get_weights())
    logging.info("%d of %d layers start from %s", len(alike), len(own), path)


def _shapes(layer):
    return [tuple(weight.shape) for weight in layer.weights]
