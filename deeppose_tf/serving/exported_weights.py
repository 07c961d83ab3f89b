"""The weights of an exported cascade: how they are stored, and read back.

They are numbered: stage by stage, of each stage network by network, of each
network in the order of `keras.Model.weights`. A SavedModel holds them as
constants of its graph; many, and those of earlier versions, as a list of
variables. Its metadata counts them by stage and network.
"""

import collections
import pathlib

import keras
import tensorflow as tf
from google.protobuf import message
from tensorflow.core.protobuf import saved_model_pb2

from deeppose_tf import errors
from deeppose_tf.models import cascade
from deeppose_tf.models import constant_weights
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.models import trained_stages
from deeppose_tf.networks import either_keras
from deeppose_tf.serving import interface
from deeppose_tf.serving import metadata
from deeppose_tf.storage import digests
from deeppose_tf.storage import json_files

# Of the attribute of signatures.Server that holds `variables`.
_ATTRIBUTE = "_variables"


def variables(model: cascade.Cascade) -> list[tf.Variable]:
    """All variables of a cascade, by number; none where it is frozen.

    They are TensorFlow's, not Keras's: of Keras's a SavedModel holds two
    copies, and a server restores the one that the graph does not read.
    """
    return [
        either_keras.variable(weight)
        for stage in model.stages
        for network in stage.networks.values()
        for weight in network.weights
    ]


def counts(stage: trained_stages.Stage) -> dict[str, int]:
    """How many variables each network of a stage has, in their order."""
    return {part: len(net.weights) for part, net in stage.networks.items()}


def load_network(
    version: pathlib.Path, number: int, part: str
) -> tuple[keras.Model, stage_specs.StageSpec]:
    """A network of an exported cascade with its weights, and its stage's spec.

    Args:
        version: saved_models/NAME/VERSION.
        number: of the stage, from 1; where the cascade has fewer, its last one
            is taken.
        part: key of `StageSpec.parts`; where the stage has no such network, its
            first one is taken. Where a pooled refiner takes features of
            stage 1, its own copy of that network has no weights yet.

    Raises:
        InputError: the export is too old to say which weights are whose, or
            it is damaged.
    """
    described = _description(version)
    number = min(number, len(described["stages"]))
    known = _parts(described, number)
    part = part if part in known else known[0]
    stage, models = _load(version, described, number, [part])
    return models[part], stage.spec


def load_stages(version: pathlib.Path) -> list[trained_stages.Stage]:
    """All stages of an exported cascade with their weights.

    Where a pooled refiner takes features of stage 1, its own copy of that
    network has no weights; see `cascade.joined`.

    Args:
        version: saved_models/NAME/VERSION.

    Raises:
        InputError: as of `load_network`.
    """
    described = _description(version)
    return [
        _load(version, described, number, _parts(described, number))[0]
        for number in range(1, len(described["stages"]) + 1)
    ]


def _description(version):
    """The metadata of an export that says whose its weights are."""
    digests.check_all(version, metadata.HINT)
    described = metadata.load(version / interface.METADATA)
    if not all(stage.get("weights") for stage in described["stages"]):
        raise errors.InputError(
            f"{version}: written by an earlier version, which does not say "
            "whose weights are whose; export it again"
        )
    return described


def _parts(described, number):
    """Keys of `StageSpec.parts` that a stage has networks for."""
    stage = described["stages"][number - 1]
    # A pooled refiner has its halves in the place of parts.
    is_pooled = stage.get("refiner") == "pooled"
    return ["all"] if is_pooled else list(stage["weights"])


def _load(version, described, number, parts):
    """A stage with networks of these parts, and its models by part."""
    values = dict(described["stages"][number - 1])
    sizes = values.pop("weights")
    spec = stage_specs.spec_from_json(
        version / interface.METADATA,
        values,
        described["skeleton"],
        metadata.HINT,
    )
    models = {}
    for part in parts:
        models[part], trunk = stages.build_with_trunk(spec, part)
    stage = trained_stages.of_models(spec, models, trunk)
    networks = trained_stages.after_its_trunk(stage).networks
    before = sum(
        sum(values["weights"].values())
        for values in described["stages"][: number - 1]
    )
    path, weight_of = _read(version)
    with json_files.parsing(path, metadata.HINT):
        for name, count in sizes.items():
            if name in networks:
                numbers = range(before, before + count)
                _set_weights(networks[name], map(weight_of, numbers))
            before += count
    return stage, models


def _read(version):
    """The file or folder that holds the weights; from a number to a weight."""
    path = version / "saved_model.pb"
    with json_files.parsing(path, metadata.HINT):
        constants = _constants(path)
    if constants:
        return path, constants.__getitem__
    path = version / "variables"
    return path, lambda number: _variable(path / "variables", number)


def _constants(path):
    try:
        saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    except message.DecodeError as error:
        raise ValueError(str(error)) from error
    return collections.ChainMap(
        *(constant_weights.read(meta.graph_def) for meta in saved.meta_graphs)
    )


def _variable(checkpoint, number):
    try:
        reader = tf.train.load_checkpoint(str(checkpoint))
        return reader.get_tensor(
            f"{_ATTRIBUTE}/{number}/.ATTRIBUTES/VARIABLE_VALUE"
        )
    except tf.errors.OpError as error:
        reason = error.message.partition("\n")[0]
        raise ValueError(reason) from error


def _set_weights(network, values):
    network.set_weights(
        [
            array.reshape(weight.shape)
            for array, weight in zip(values, network.weights, strict=True)
        ]
    )
