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
    peaks = spec.head in stage_specs.PEAK_HEADS
    seen = heads.maps_of(network) if peaks else joints
    crop, (seen, *features) = _twice(network, [seen, *features])
    if peaks:
        last = network.get_layer(heads.JOINTS)
        outputs = last(_mean_maps(*seen, spec))
    else:
        plain, mirrored = seen
        # x changes its sign; y, and the spread of both, do not.
        signs = np.array([-1] + [1] * (plain.shape[-1] - 1), np.float32)
        swapped = either_keras.ops.einsum("bkc,kj->bjc", mirrored, _swap(spec))
        outputs = keras.layers.Average()([plain, swapped * signs])
    if features:
        outputs = [outputs, *(plain for plain, _ in features)]
    return keras.Model(crop, outputs, name=f"{network.name}_twice")


def averaged_maps(
    network: keras.Model, spec: stage_specs.StageSpec
) -> keras.Model:
    """The mean of a network's maps for a crop and for its mirror image.

    Args:
        network: for all joints; the result shares its weights.
        spec: of its stage, of a head with maps.
    """
    crop, [maps] = _twice(network, [heads.maps_of(network)])
    return keras.Model(crop, _mean_maps(*maps, spec))


def _twice(network, outputs):
    """A crop, and each output for it and for its mirror image."""
    crop = keras.Input(network.input.shape[1:])
    both = either_keras.ops.concatenate([crop, _flip(crop)])
    seen = keras.Model(network.input, outputs)
    return crop, [
        either_keras.ops.split(output, 2)
        for output in either_keras.outputs_of(seen, both)
    ]


def _mean_maps(plain, mirrored, spec):
    back = either_keras.ops.einsum(
        "brck,kj->brcj", _flip(mirrored), _swap(spec)
    )
    return keras.layers.Average()([plain, back])


def _swap(spec):
    """A product with it swaps left and right joints."""
    mirror = spec.skeleton.mirror
    return np.eye(len(mirror), dtype=np.float32)[list(mirror)]


def _flip(pictures):
    """Mirrors float [batch, rows, columns, channels]."""
    return either_keras.ops.flip(pictures, axis=2)
