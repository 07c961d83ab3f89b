"""Where refinement crops are cut: joints as the stage before places them."""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from deeppose_tf.data import displacements
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import torso


@dataclasses.dataclass(frozen=True)
class CropCenters:
    """A source of crop centers.

    Attributes:
        locate: (person, seed) -> joints float32 [joints, 2] as the stage before
            would place them, and the diameter float32 []; both in pixels.
        need_torso: whether `locate` measures the true torso, so that people
            without one are left out of refinement.
    """

    locate: Callable[
        [dict[str, tf.Tensor], tf.Tensor], tuple[tf.Tensor, tf.Tensor]
    ]
    need_torso: bool


def simulated(statistics: displacements.Displacements, skeleton) -> CropCenters:
    """Simulated predictions: the truth plus a displacement that is drawn.

    DeepPose, sec. 3.2.

    Args:
        statistics: that displacements are drawn from.
        skeleton: of the joints.
    """

    def locate(person, seed):
        diameter = torso.diameter(
            person["joints"], person["labeled"], skeleton.torsos
        )
        # As in serving, a short torso does not make tiny boxes.
        floor = 0.1 * tf.reduce_max(person["box"][2:])
        diameter = tf.maximum(diameter, floor)
        drawn = displacements.sample(statistics, seed)
        return person["joints"] + drawn * diameter, diameter

    return CropCenters(locate, need_torso=True)


def predicted(person_ids, joints: np.ndarray, skeleton) -> CropCenters:
    """What the stage before predicts for the training people.

    Args:
        person_ids: string [n].
        joints: float32 [n, joints, 2] in units of b0.
        skeleton: of the joints.
    """
    rows = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(
            tf.constant(person_ids), tf.range(len(person_ids))
        ),
        default_value=-1,
    )
    joints = tf.constant(joints, tf.float32)

    def locate(person, seed):
        del seed
        row = rows.lookup(person["person_id"])
        in_pixels = boxes.denormalize(tf.gather(joints, row), person["box"])
        return in_pixels, torso.predicted_diameter(
            in_pixels, person["box"], skeleton.torsos
        )

    return CropCenters(locate, need_torso=False)
