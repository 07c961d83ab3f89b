"""Where refinement crops are cut: joints as the stage before places them."""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from deeppose_tf.data import displacements
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import torso


@dataclasses.dataclass(frozen=True)
class Starts:
    """A source of starts.

    Attributes:
        place: (person, seed) -> joints float32 [joints, 2] as the stage before
            would place them, and the diameter float32 []; both in pixels.
        need_torso: whether `place` measures the true torso, so that people
            without one are left out of refinement.
    """

    place: Callable[
        [dict[str, tf.Tensor], tf.Tensor], tuple[tf.Tensor, tf.Tensor]
    ]
    need_torso: bool


def gaussian(statistics: displacements.Displacements, skeleton) -> Starts:
    """The truth plus a displacement drawn from `statistics` (the paper's)."""

    def place(person, seed):
        diameter = torso.diameter(
            person["joints"], person["labeled"], skeleton.torsos
        )
        # As in serving, a short torso does not make tiny boxes.
        floor = 0.1 * tf.reduce_max(person["box"][2:])
        diameter = tf.maximum(diameter, floor)
        drawn = displacements.sample(statistics, seed)
        return person["joints"] + drawn * diameter, diameter

    return Starts(place, need_torso=True)


def predicted(person_ids, joints: np.ndarray, skeleton) -> Starts:
    """The stage before's own predictions on the training people.

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

    def place(person, seed):
        del seed
        found = tf.gather(joints, rows.lookup(person["person_id"]))
        found = boxes.denormalize(found, person["box"])
        return found, torso.predicted_diameter(
            found, person["box"], skeleton.torsos
        )

    return Starts(place, need_torso=False)
