"""Stages: the Keras models of stage 1 (pose) and of the refiners."""

import pathlib
import warnings

import keras
import numpy as np

from deeppose_tf import errors
from deeppose_tf.models import heads
from deeppose_tf.models import pooled
from deeppose_tf.models.stage_specs import StageSpec
from deeppose_tf.networks import by_name
from deeppose_tf.storage import digests


def build(spec: StageSpec, part: str, weights: str | None = None):
    """The network of one part of a stage.

    Args:
        spec: of the stage.
        part: key of `spec.parts`.
        weights: None, "imagenet", or a file that a training wrote.

    Returns:
        keras.Model from crops, float32 [batch, size, size, 3], to float32
        [batch, outputs, 2]: stage 1, joints in units of the person box; later
        stages, each joint in units of the box around its start. Of a stage with
        spread [batch, outputs, 4]; see `heads.attach`. A pooled refiner takes
        crops of people, and boxes, float32 [batch, joints, 4], in their units.
    """
    return build_with_trunk(spec, part, weights)[0]


def build_with_trunk(spec: StageSpec, part: str, weights: str | None = None):
    """Like `build`, and its network before the head, which shares weights."""
    in_file = weights not in (None, "imagenet")
    trunk = by_name.build(
        spec.network, spec.image_size, None if in_file else weights
    )
    num_outputs = len(spec.parts[part])
    inputs = trunk.input
    if spec.refiner == "pooled":
        boxes = keras.Input((num_outputs, 4), name="boxes", dtype="float32")
        inputs = [trunk.input, boxes]
        outputs = pooled.attach(
            spec.head,
            trunk.outputs,
            boxes,
            size=spec.cells,
            spread=spec.spread,
        )
    else:
        outputs = heads.attach(
            head=spec.head,
            network=spec.network,
            features=trunk.outputs,
            num_outputs=num_outputs,
            spread=spec.spread,
        )
    name = f"stage{spec.stage}_{part}"
    model = keras.Model(inputs, outputs, name=name)
    if in_file:
        load_weights(model, weights)
    return model, trunk


def load_weights(model: keras.Model, path: str | pathlib.Path):
    """Loads a .weights.h5 file; InputError where it does not fit."""
    path = pathlib.Path(path)
    digests.check(path, "copy it again, or train the stage again")
    try:
        with warnings.catch_warnings():
            # Keras only warns where layers keep their random weights.
            warnings.simplefilter("error", UserWarning)
            model.load_weights(path)
    except (OSError, ValueError, KeyError, UserWarning) as error:
        reason = str(error).strip().splitlines()[0]
        raise errors.InputError(
            f"{path}: not weights of this network ({reason}); use a file that "
            "a training with the same network, head and skeleton wrote"
        ) from error
    if not all(np.isfinite(weight).all() for weight in model.get_weights()):
        raise errors.InputError(
            f"{path}: holds weights that are no numbers; copy it again, or "
            "train the stage again"
        )
