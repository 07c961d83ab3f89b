"""A network starts with what another one has learned.

That is in a weights file of a run folder, or in an exported cascade, such as
the one that comes along. Of a network that differs, layers of the same name and
shapes are taken.
"""

import operator
import pathlib

import keras
import tensorflow as tf
from absl import logging

from deeppose_tf import errors
from deeppose_tf import json_files
from deeppose_tf import saved_models
from deeppose_tf import skeletons
from deeppose_tf import stages

_KIND = operator.attrgetter("network", "head", "spread", "parts")


def exists(path: pathlib.Path) -> bool:
    """Whether `load` finds something there."""
    return path.is_file() or saved_models.newest(path) is not None


def load(model: keras.Model, spec: stages.StageSpec, path: pathlib.Path):
    """Gives a fresh network weights to start with.

    Args:
        model: the network.
        spec: of its stage.
        path: of a .weights.h5 file, or of an exported cascade: of that the same
            stage is taken, or its last one.

    Raises:
        InputError: nothing there is of use.
    """
    export = saved_models.newest(path)
    if export is not None:
        source, other = _of_export(export, spec.stage)
    elif (path.parent / "stage.json").exists():
        source, other = _of_run(path)
    else:
        return stages.load_weights(model, path)
    if _KIND(other) == _KIND(spec):
        return model.set_weights(source.get_weights())
    return _copy_layers(source, model, path)


def _of_run(path):
    spec = stages.load_spec(path.parent)
    source = stages.build(spec, next(iter(spec.parts)))
    stages.load_weights(source, path)
    return source, spec


def _of_export(folder, wanted):
    """The first network of a stage of an exported cascade, and its spec."""
    card = json_files.load(folder / saved_models.METADATA, "export it again")
    skeleton = skeletons.from_json(card["skeleton"])
    reader = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
    first = 0
    for values in card["stages"]:
        spec = stages.StageSpec(skeleton=skeleton, **values)
        networks = [stages.build(spec, part) for part in spec.parts]
        if spec.stage == min(wanted, len(card["stages"])):
            break
        first += sum(len(network.weights) for network in networks)
    source = networks[0]
    # As serving.Server lists them.
    names = [
        f"_variables/{first + i}/.ATTRIBUTES/VARIABLE_VALUE"
        for i in range(len(source.weights))
    ]
    source.set_weights([reader.get_tensor(name) for name in names])
    return source, spec


def _copy_layers(source, target, path):
    known = {layer.name: layer for layer in source.layers if layer.weights}
    own = [layer for layer in target.layers if layer.weights]
    alike = [
        layer
        for layer in own
        if layer.name in known and _shapes(layer) == _shapes(known[layer.name])
    ]
    if not alike:
        raise errors.InputError(
            f"--weights={path}: {source.name} of it has no layer in common "
            "with this network; name a run of the same family of networks"
        )
    for layer in alike:
        layer.set_weights(known[layer.name].get_weights())
    logging.info("%d of %d layers start from %s", len(alike), len(own), path)


def _shapes(layer):
    return [tuple(weight.shape) for weight in layer.weights]
