"""Flip test: predictions for a crop and for its mirror image, averaged.

It takes twice the time and lowers the error; a common practice in pose
estimation, e.g. Newell et al., Stacked Hourglass Networks, ECCV 2016.
"""

import keras
import numpy as np

from deeppose_tf.models import cascade
from deeppose_tf.models import heads
from deeppose_tf.models import stage_specs
from deeppose_tf.models import trained_stages
from deeppose_tf.networks import either_keras


def averaged_cascade(model: cascade.Cascade) -> cascade.Cascade:
    """The cascade, whose first stage also sees the mirror image."""
    first, *others = model.stages
    network = averaged_network(first.networks["all"], first.spec)
    return model.replaced(
        [trained_stages.Stage(first.spec, {"all": network}), *others]
    )


def averaged_network(
    network: keras.Model, spec: stage_specs.StageSpec
) -> keras.Model:
    """The mean of a network's outputs for a crop and for its mirror image.

    Of heads `peak` and `context` the maps are averaged, before their peak is
    searched: the mean of two peaks may lie where neither map has one. Of other
    heads the coordinates and the spread are averaged.

    Args:
        network: for all joints; the result shares its weights. Features, if
            they are its outputs too, are those of the crop.
        spec: of its stage.
    """
    joints, *features = network.outputs
    crop = keras.Input(network.input.shape[1:])
    both = either_keras.ops.concatenate([crop, _flip(crop)])
    # A product with it swaps left and right.
    swap = np.eye(len(spec.skeleton.mirror), dtype=np.float32)
    swap = swap[list(spec.skeleton.mirror)]
    if spec.head in stage_specs.PEAK_HEADS:
        joints = heads.maps_of(network)
    seen = keras.Model(network.input, [joints, *features])
    (plain, mirrored), *features = [
        either_keras.ops.split(output, 2)
        for output in either_keras.outputs_of(seen, both)
    ]
    if spec.head in stage_specs.PEAK_HEADS:
        back = either_keras.ops.einsum("brck,kj->brcj", _flip(mirrored), swap)
        last = network.get_layer(heads.JOINTS)
        outputs = last(keras.layers.Average()([plain, back]))
    else:
        # x changes its sign; y, and the spread of both, do not.
        signs = np.array([-1] + [1] * (plain.shape[-1] - 1), np.float32)
        back = either_keras.ops.einsum("bkc,kj->bjc", mirrored, swap) * signs
        outputs = keras.layers.Average()([plain, back])
    if features:
        outputs = [outputs, *(plain for plain, _ in features)]
    return keras.Model(crop, outputs, name=f"{network.name}_twice")


def _flip(pictures):
    """Mirrors float [batch, rows, columns, channels]."""
    return either_keras.ops.flip(pictures, axis=2)
