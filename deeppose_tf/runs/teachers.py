"""The teacher of a training, out of an export; see losses/distillation.py."""

import dataclasses
import pathlib

from absl import logging

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.launch import lazy
from deeppose_tf.models import stage_specs
from deeppose_tf.serving import interface
from deeppose_tf.serving import metadata
from deeppose_tf.serving import versions

with lazy.imports():
    from deeppose_tf.models import heads
    from deeppose_tf.models import stages
    from deeppose_tf.serving import exported_weights


def check(teacher: str, spec: stage_specs.StageSpec):
    """Raises InputError where an export cannot teach a stage.

    Args:
        teacher: path of the export.
        spec: of the stage.
    """
    if spec.stage > 1:
        raise errors.InputError(
            f"--teacher={teacher} is of stage 1; leave it out, or write it in "
            "stage1.cfg alone"
        )
    if spec.head not in stage_specs.MAP_HEADS:
        raise errors.InputError(
            f"--teacher={teacher}: teaches maps, and --head={spec.head} has "
            "none; leave it out, or set --head=peak"
        )
    card = _export(teacher) / interface.METADATA
    described = metadata.load(card)
    head = described["stages"][0]["head"]
    if head not in stage_specs.MAP_HEADS:
        raise errors.InputError(
            f"--teacher={teacher}: of --head={head}, which has no maps to "
            "learn from; name a model of head integral, peak or context"
        )
    known = skeletons.from_json(described["skeleton"]).joints
    missing = [name for name in spec.skeleton.joints if name not in known]
    if missing:
        raise errors.InputError(
            f"--teacher={teacher}: knows nothing of {', '.join(missing)}; name "
            "a model of the same joints, or leave it out"
        )


def load(teacher: str, spec: stage_specs.StageSpec, network):
    """The teacher's network, and which of its joints the training's are.

    Args:
        teacher: path of an export that `check` has passed.
        spec: of the stage; the teacher sees its crops, in their size.
        network: keras.Model that is trained.

    Returns:
        keras.Model, and a list of as many indices as the stage has joints.

    Raises:
        InputError: the export is damaged, or its maps have another size than
            those of the network.
    """
    export = _export(teacher)
    logging.info("Learns from the maps of %s too", export)
    source, source_spec = exported_weights.load_network(export, 1, "all")
    model = stages.build(
        dataclasses.replace(source_spec, image_size=spec.image_size), "all"
    )
    model.set_weights(source.get_weights())
    given, wanted = (
        tuple(heads.maps_of(each).shape[1:3]) for each in (model, network)
    )
    if given != wanted:
        raise errors.InputError(
            f"--teacher={teacher}: its maps have {given} cells, those of "
            f"--network={spec.network} {wanted}; name a model of a network of "
            "the same stride"
        )
    known = source_spec.skeleton.joints
    return model, [known.index(name) for name in spec.skeleton.joints]


def name(teacher: str) -> str:
    """Which export it is, wherever it lies: NAME/VERSION."""
    return "/".join(_export(teacher).parts[-2:])


def _export(teacher):
    export = versions.newest(pathlib.Path(teacher))
    if export is None:
        raise errors.InputError(
            f"--teacher={teacher}: no exported cascade; name one, e.g. "
            "saved_models/lsp_extended"
        )
    if versions.is_litert(export):
        raise errors.InputError(
            f"--teacher={teacher}: an export for LiteRT, which no training "
            "reads; name a SavedModel"
        )
    return export
