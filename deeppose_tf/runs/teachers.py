"""The teacher of a training, out of an export; see losses/distillation.py."""

import dataclasses
import pathlib

import keras

from deeppose_tf import errors
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.serving import exported_weights
from deeppose_tf.serving import versions


def load(
    path: str, spec: stage_specs.StageSpec
) -> tuple[keras.Model, list[int]]:
    """Who shows a training its maps.

    Args:
        path: of an exported cascade, whose stage 1 teaches.
        spec: of the stage that is trained. The teacher sees its crops, in their
            size.

    Returns:
        The network, and which of its joints are those of the training.

    Raises:
        InputError: the export is damaged, has no maps, or lacks joints.
    """
    trained, known = exported_weights.load_network(
        versions.newest(pathlib.Path(path)), 1, "all"
    )
    if known.head not in stage_specs.MAP_HEADS:
        raise errors.InputError(
            f"--teacher={path}: of --head={known.head}, which has no maps to "
            "learn from; name a model of head integral, peak or context"
        )
    joints = known.skeleton.joints
    missing = [name for name in spec.skeleton.joints if name not in joints]
    if missing:
        raise errors.InputError(
            f"--teacher={path}: knows nothing of {', '.join(missing)}; name a "
            "model of the same joints, or leave it out"
        )
    teacher = stages.build(
        dataclasses.replace(known, image_size=spec.image_size), "all"
    )
    teacher.set_weights(trained.get_weights())
    return teacher, [joints.index(name) for name in spec.skeleton.joints]
