"""Networks that look twice: at a crop, and at its mirror image.

That takes twice the time and errs less; a common practice in pose estimation,
e.g. Newell et al., Stacked Hourglass Networks, ECCV 2016.
"""

import keras
import numpy as np

from deeppose_tf.models import cascade
from deeppose_tf.models import heads
from deeppose_tf.models import stages


def averaged(model: cascade.Cascade) -> cascade.Cascade:
    """The cascade, whose first stage looks twice."""
    first, *others = model.stages
    network = looking_twice(first.networks["all"], first.spec)
    return cascade.Cascade(
        [cascade.Stage(first.spec, {"all": network}), *others]
    )


def looking_twice(network: keras.Model, spec: stages.StageSpec) -> keras.Model:
    """The mean of what a network says of a crop and of its mirror image.

    Of head `peak` maps are averaged, before their peak is looked for: between
    two places there may be nothing. Of others it is coordinates and spread.

    Args:
        network: for all joints; the result shares its weights.
        spec: of its stage.
    """
    crop = keras.Input(network.input.shape[1:])
    both = keras.ops.concatenate([crop, _flip(crop)])
    # A product with it swaps left and right.
    swap = np.eye(len(spec.skeleton.mirror), dtype=np.float32)
    swap = swap[list(spec.skeleton.mirror)]
    if spec.head == "peak":
        maps = keras.Model(network.input, heads.maps_of(network))
        plain, other = keras.ops.split(maps(both), 2)
        back = keras.ops.einsum("brck,kj->brcj", _flip(other), swap)
        last = network.get_layer(heads.JOINTS)
        found = last(keras.layers.Average()([plain, back]))
    else:
        plain, other = keras.ops.split(network(both), 2)
        # x changes its sign; y, and the spread of both, do not.
        signs = np.array([-1] + [1] * (plain.shape[-1] - 1), np.float32)
        back = keras.ops.einsum("bkc,kj->bjc", other, swap) * signs
        found = keras.layers.Average()([plain, back])
    return keras.Model(crop, found, name=f"{network.name}_twice")


def _flip(pictures):
    """Mirrors float [batch, rows, columns, channels]."""
    return keras.ops.flip(pictures, axis=2)
