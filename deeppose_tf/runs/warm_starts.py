"""A network starts with what another one has learned.

That is in a weights file of a run folder, or in an exported cascade, such as
the one that comes along. Of a network that differs, the layers that both have
are taken.
"""

import collections
import operator
import pathlib
import re

import keras
import tensorflow as tf
from absl import logging

from deeppose_tf import errors
from deeppose_tf import files
from deeppose_tf.geometry import skeletons
from deeppose_tf.models import stages
from deeppose_tf.serving import interface
from deeppose_tf.serving import versions

_KIND = operator.attrgetter(
    *("network", "head", "spread", "parts", "image_size"),
    "skeleton",
)
# What Keras calls layers that have no name: numbers go on from model to model.
_NO_NAME = re.compile(r"(conv2d|dense|batch_normalization)(_\d+)?")
# Layers that say where each joint is; of other joints they are of no use.
_OUTPUTS = {"maps", "coordinates", "spread"}


def exists(path: pathlib.Path) -> bool:
    """Whether `load` finds something there."""
    return path.is_file() or versions.newest(path) is not None


def load(
    model: keras.Model, spec: stages.StageSpec, part: str, path: pathlib.Path
):
    """Gives a fresh network weights to start with.

    Args:
        model: the network.
        spec: of its stage.
        part: key of `spec.parts`.
        path: of a .weights.h5 file, or of an exported cascade: of that the same
            stage is taken, or its last one.

    Raises:
        InputError: nothing there is of use.
    """
    export = versions.newest(path)
    if export is not None:
        source, other = _of_export(export, spec.stage, part)
        _copy_layers(source, other, model, spec, path)
        return
    other = _spec_of(path)
    if other is None or _KIND(other) == _KIND(spec):
        stages.load_weights(model, path)
        return
    source = stages.build(other, part if part in other.parts else _any(other))
    stages.load_weights(source, path)
    _copy_layers(source, other, model, spec, path)


def _any(spec):
    return next(iter(spec.parts))


def _spec_of(path):
    """The stage of a weights file; None where no run folder is around it."""
    for folder in (path.parent, path.parent.parent.parent):
        if (folder / "stage.json").exists():
            return stages.load_spec(folder)
    return None


def _of_export(folder, wanted, part):
    """A network of a stage of an exported cascade, and its spec."""
    card = files.load(folder / interface.METADATA, "export it again")
    first = 0
    for values in card["stages"]:
        sizes = values.pop("weights", {})
        if values["stage"] == min(wanted, len(card["stages"])):
            break
        first += sum(sizes.values())
    if not sizes:
        raise errors.InputError(
            f"--weights={folder}: written by an earlier version, and no start "
            "for a training; export it again"
        )
    spec = stages.StageSpec(
        skeleton=skeletons.from_json(card["skeleton"]), **values
    )
    part = part if part in sizes else next(iter(sizes))
    for other in sizes:
        if other == part:
            break
        first += sizes[other]
    source = stages.build(spec, part)
    reader = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
    # As serving.Server lists them.
    source.set_weights(
        [
            reader.get_tensor(f"_variables/{i}/.ATTRIBUTES/VARIABLE_VALUE")
            for i in range(first, first + sizes[part])
        ]
    )
    return source, spec


def _copy_layers(source, other, target, spec, path):
    if _family(other) != _family(spec):
        raise errors.InputError(
            f"--weights={path}: of --network={other.network}, of no use to "
            f"{spec.network}; name a run of the same network"
        )
    known, own = _by_key(source), _by_key(target)
    left_out = _OUTPUTS if other.skeleton != spec.skeleton else set()
    alike = [
        key
        for key, layer in own.items()
        if key in known
        and key not in left_out
        and _shapes(layer) == _shapes(known[key])
    ]
    for key in alike:
        own[key].set_weights(known[key].get_weights())
    logging.info("%d of %d layers start from %s", len(alike), len(own), path)


def _family(spec):
    return spec.network.removesuffix("_short")


def _by_key(model):
    """Layers with weights by name; where they have none, by class and order."""
    seen = collections.Counter()
    layers = {}
    for layer in model.layers:
        key = layer.name
        if _NO_NAME.fullmatch(key):
            kind = type(layer).__name__
            key = (kind, seen[kind])
            seen[kind] += 1
        if layer.weights:
            layers[key] = layer
    return layers


def _shapes(layer):
    return [tuple(weight.shape) for weight in layer.weights]
