"""A network starts with the weights of another one.

These are in a weights file of a run folder, in an exported cascade, such as the
pretrained model, or in MoveNet's files. Of a network that differs, the layers
that both have are taken.
"""

import collections
import operator
import pathlib
import re

import keras
from absl import logging

from deeppose_tf import errors
from deeppose_tf.models import map_context
from deeppose_tf.models import run_paths
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.networks import movenet_weights
from deeppose_tf.serving import exported_weights
from deeppose_tf.serving import versions

_KIND = operator.attrgetter(
    "network", "head", "spread", "parts", "image_size", "skeleton"
)
# What Keras calls layers that have no name: numbers go on from model to model.
_NO_NAME = re.compile(r"(conv2d|dense|batch_normalization)(_\d+)?")
# Layers of the joints' coordinates, of no use to other joints.
_OUTPUTS = {"maps", "coordinates", "spread", *map_context.OF_JOINTS}


def load(
    model: keras.Model,
    spec: stage_specs.StageSpec,
    part: str,
    path: pathlib.Path,
):
    """Gives a fresh network weights to start with.

    Args:
        model: the network.
        spec: of its stage.
        part: key of `spec.parts`.
        path: of a .weights.h5 file, of MoveNet's .json file, or of an exported
            cascade: of that the same stage is taken, or its last one.

    Raises:
        InputError: nothing there is of use.
    """
    if path.suffix == ".json":
        _load_movenet(model, spec, part, path)
        return
    export = versions.newest(path)
    if export is not None and versions.is_litert(export):
        raise errors.InputError(
            f"--weights={path}: an export for LiteRT, which no training "
            "reads; name a SavedModel, or a run's best.weights.h5"
        )
    if export is not None:
        source, source_spec = exported_weights.load_network(
            export, spec.stage, part
        )
        _copy_layers(source, source_spec, model, spec, path)
        return
    source_spec = _spec_of(path)
    if source_spec is None or _KIND(source_spec) == _KIND(spec):
        stages.load_weights(model, path)
        return
    parts = source_spec.parts
    source = stages.build(source_spec, part if part in parts else [*parts][0])
    stages.load_weights(source, path)
    _copy_layers(source, source_spec, model, spec, path)


def _load_movenet(model, spec, part, path):
    if not spec.network.startswith("movenet_"):
        raise errors.InputError(
            f"--weights={path}: of MoveNet, of no use to {spec.network}; set "
            "--network=movenet_lightning or movenet_thunder"
        )
    joints = tuple(spec.skeleton.joints[i] for i in spec.parts[part])
    movenet_weights.load(model, joints, path)


def _spec_of(path):
    """The stage of a weights file; None where no run folder is around it."""
    for folder in (path.parent, path.parent.parent.parent):
        if run_paths.RunFolder(folder).spec.exists():
            return stage_specs.load_spec(folder)
    return None


def _copy_layers(source, source_spec, target, spec, path):
    if source_spec.network != spec.network:
        raise errors.InputError(
            f"--weights={path}: of --network={source_spec.network}, of no use "
            f"to {spec.network}; name a run of the same network"
        )
    known, wanted = _by_key(source), _by_key(target)
    left_out = _OUTPUTS if source_spec.skeleton != spec.skeleton else set()
    alike = [
        key
        for key, layer in wanted.items()
        if key in known
        and key not in left_out
        and _shapes(layer) == _shapes(known[key])
    ]
    for key in alike:
        wanted[key].set_weights(known[key].get_weights())
    logging.info("%d of %d layers start from %s", len(alike), len(wanted), path)


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
