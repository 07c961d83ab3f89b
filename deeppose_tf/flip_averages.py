"""Networks of stage 1 that look twice: at the crop, and at its mirror image."""

import tensorflow as tf

from deeppose_tf import cascade


class Averaged:
    """The mean of what a network says of a crop and of its mirror image.

    Takes twice the time, and errs less; a common practice in pose estimation,
    e.g. Newell et al., Stacked Hourglass Networks, ECCV 2016.
    """

    def __init__(self, network, mirror: tuple[int, ...]):
        """Keeps a network for all joints; see `Skeleton.mirror`."""
        self._network, self._mirror = network, list(mirror)
        self.weights = network.weights

    def __call__(self, crop, training=False):
        """Like the network's; only training=False."""
        both = tf.concat([crop, crop[:, :, ::-1]], axis=0)
        found = self._network(both, training=training)
        plain, mirrored = tf.split(found, 2)
        mirrored = tf.gather(mirrored, self._mirror, axis=1)
        # x changes its sign; y, and the spread of both, do not.
        signs = tf.one_hot(0, found.shape[-1], on_value=-1.0, off_value=1.0)
        return 0.5 * (plain + signs * mirrored)


def averaged(model: cascade.Cascade) -> cascade.Cascade:
    """The cascade, whose first stage looks twice."""
    first, *others = model.stages
    network = Averaged(first.networks["all"], first.spec.skeleton.mirror)
    return cascade.Cascade(
        [cascade.Stage(first.spec, {"all": network}), *others]
    )
