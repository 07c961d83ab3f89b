"""How sure a cascade is of each joint.

The score of a joint estimates the probability that it lies closer than 0.2
torso diameters to the truth. A joint that the last stage has moved far is less
sure, or of which it expects a large error itself (--loss=rle, --head=peak), and
some joints are harder than others:

    score = sigmoid(base[joint] - slope * log(move + 0.02)
                                - spread_slope * log(spread + 0.02)),

where move is how far the last stage has moved it and spread the error that it
expects, in predicted torso diameters. All are fitted to held-out people, or to
training people where there are no others; confidence.json says which. A cascade
of one stage moves nothing; without spread, its scores are the share of right
joints.
"""

import dataclasses
import pathlib

import numpy as np
import tensorflow as tf

from deeppose_tf import files
from deeppose_tf.geometry import torso

THRESHOLD = 0.2
FLOOR = 0.02
_FILE = "confidence.json"


@dataclasses.dataclass(frozen=True, eq=False)
class Confidence:
    """What scores are made of.

    Attributes:
        base: float [joints].
        slope: how much a joint that has moved far is doubted.
        persons: on how many people it was fitted.
        split: theirs; people of train flatter it.
        spread_slope: how much a joint is doubted whose expected error is large.
    """

    base: np.ndarray
    slope: float
    persons: int
    split: str = "unknown"
    spread_slope: float = 0.0


def scores(sure: Confidence, stage_joints, spread, box, torsos) -> tf.Tensor:
    """The score of each joint.

    Args:
        sure: of the last stage.
        stage_joints: float32 [n, stages, joints, 2], pixels.
        spread: float32 [n, joints, 2] of the last, pixels; [n, joints, 0] where
            it tells none.
        box: float32 [n, 4], b0, pixels.
        torsos: `Skeleton.torsos`.

    Returns:
        float32 [n, joints], between 0 and 1.
    """
    doubts = log_doubts(stage_joints, spread, box, torsos)
    slopes = tf.constant([sure.slope, sure.spread_slope], tf.float32)
    doubt = tf.reduce_sum(slopes * doubts, axis=-1)
    return tf.sigmoid(tf.constant(sure.base, tf.float32) - doubt)


def log_doubts(stage_joints, spread, box, torsos):
    """Logarithms of move and spread, float32 [n, joints, 2]."""
    last = stage_joints[:, -1]
    # Of one stage, the last is the only one: nothing moves.
    before = stage_joints[:, -2:][:, 0]
    diameter = torso.predicted_diameter(last, box, torsos)
    both = [tf.norm(last - before, axis=-1), tf.norm(spread, axis=-1)]
    both = tf.stack(both, axis=-1) / diameter[:, None, None]
    return tf.math.log(both + FLOOR)


def save(sure: Confidence, run_dir: pathlib.Path, joints: tuple[str, ...]):
    """Writes confidence.json."""
    files.save(run_dir / _FILE, describe(sure, joints))


def describe(sure: Confidence, joints: tuple[str, ...]) -> dict:
    """In words and numbers, for people and for `load`."""
    return {
        "score": f"probability of lying within {THRESHOLD} torso diameters: "
        f"sigmoid(base - slope * log(move + {FLOOR}) - spread_slope * "
        f"log(spread + {FLOOR})), where move is how far the last stage has "
        "moved the joint and spread the error that its network expects, in "
        "predicted torso diameters",
        "persons": sure.persons,
        "split": sure.split,
        "slope": sure.slope,
        "spread_slope": sure.spread_slope,
        "base": dict(zip(joints, map(float, sure.base), strict=True)),
    }


def load(run_dir: pathlib.Path) -> Confidence:
    """Inverse of `save`.

    Raises:
        InputError: there is none.
    """
    values = files.load(
        run_dir / _FILE,
        "run the training of that stage again: a finished one is only measured",
    )
    base = np.array(list(values["base"].values()))
    return Confidence(
        base,
        values["slope"],
        values["persons"],
        # Older runs do not say.
        values.get("split", "unknown"),
        values.get("spread_slope", 0.0),
    )
