"""Which loss a stage is trained with."""

import dataclasses

from deeppose_tf.options import option
from deeppose_tf.training import losses
from deeppose_tf.training import map_loss
from deeppose_tf.training import rle

LOSSES = {
    "l1": losses.L1,
    "l2": losses.L2,
    "rle": rle.ResidualLogLikelihood,
}


@dataclasses.dataclass(frozen=True)
class LossOptions:
    """The loss on joints, and perhaps on the maps they come from."""

    loss: str = option(
        "l2", "Loss on the joints.", choices=sorted(LOSSES), kept=True
    )
    map_weight: float = option(
        0.0,
        "Heads integral and peak: weight of a loss that asks each map for a "
        "normal density around the joint, e.g. 0.1.",
        low=0.0,
        kept=True,
    )

    def on_joints(self) -> losses.Loss:
        """A new loss on joints; to be made in the strategy's scope."""
        return LOSSES[self.loss]()

    def with_maps(self, on_joints: losses.Loss) -> losses.Loss:
        """A loss on joints and, where that has a weight, on maps."""
        if not self.map_weight:
            return on_joints
        return map_loss.WithMaps(on_joints, self.map_weight)
