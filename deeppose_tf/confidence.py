"""How sure a cascade is of each joint.

The score of a joint estimates the probability that it lies closer than 0.2
torso diameters to the truth. A joint that the last stage has moved far is less
sure, and some joints are harder than others:

    score = sigmoid(base[joint] - slope * log(move + 0.02)),

where move is how far the last stage has moved it, in predicted torso diameters.
Both are fitted to held-out people, or to training people where there are no
others; confidence.json says which. A cascade of one stage moves nothing: its
scores are the share of right joints.
"""

import dataclasses
import pathlib

import numpy as np
import scipy.optimize
import tensorflow as tf
from absl import logging

from deeppose_tf import boxes
from deeppose_tf import json_files
from deeppose_tf import tallies
from deeppose_tf.predictions import Predictions
from deeppose_tf.skeletons import Skeleton

THRESHOLD = 0.2
_FLOOR = 0.02
# Keeps a joint that was always right, or never, from infinity.
_RIDGE = 1e-5
_FILE = "confidence.json"


@dataclasses.dataclass(frozen=True, eq=False)
class Confidence:
    """What scores are made of.

    Attributes:
        base: float [joints].
        slope: how much a joint that has moved far is doubted.
        persons: on how many people it was fitted.
        split: theirs; people of train flatter it.
    """

    base: np.ndarray
    slope: float
    persons: int
    split: str = "unknown"


def scores(sure: Confidence, stage_joints, box, torsos) -> tf.Tensor:
    """The score of each joint.

    Args:
        sure: of the last stage.
        stage_joints: float32 [n, stages, joints, 2], pixels.
        box: float32 [n, 4], b0, pixels.
        torsos: `Skeleton.torsos`.

    Returns:
        float32 [n, joints], between 0 and 1.
    """
    doubt = sure.slope * _doubt(stage_joints, box, torsos)
    return tf.sigmoid(tf.constant(sure.base, tf.float32) - doubt)


def _doubt(stage_joints, box, torsos):
    """log(move + 0.02), float32 [n, joints]."""
    last = stage_joints[:, -1]
    # Of one stage, the last is the only one: nothing moves.
    before = stage_joints[:, -2:][:, 0]
    diameter = boxes.predicted_diameter(last, box, torsos)
    move = tf.norm(last - before, axis=-1) / diameter[:, None]
    return tf.math.log(move + _FLOOR)


def fit(
    by_stage: list[Predictions], skeleton: Skeleton, split: str
) -> Confidence:
    """Fits scores to people.

    Args:
        by_stage: what each stage of the cascade predicts for them.
        skeleton: of the joints.
        split: of the people.
    """
    found = by_stage[-1]
    joints, truth = found.pixels()
    tally = tallies.pdj(joints, truth, found.labeled, skeleton, [THRESHOLD])
    (right,) = tally.values()
    stage_joints = np.stack([stage.pixels()[0] for stage in by_stage], axis=1)
    doubt = _doubt(
        tf.constant(stage_joints, tf.float32),
        tf.constant(found.box, tf.float32),
        skeleton.torsos,
    ).numpy()
    k = len(skeleton.joints)

    def cost(parameters):
        base, slope = parameters[:k], parameters[k]
        logit = base - slope * doubt
        each = np.logaddexp(0.0, np.where(right.value > 0, -logit, logit))
        mean = (each * right.counted).sum() / max(1, right.counted.sum())
        return mean + _RIDGE * (parameters**2).sum()

    # A far move never speaks for a joint.
    bounds = [(None, None)] * k + [(0.0, None)]
    result = scipy.optimize.minimize(
        cost, np.zeros(k + 1), method="L-BFGS-B", bounds=bounds
    )
    if not result.success:
        logging.warning("Scores may be off: %s", result.message)
    fitted = result.x
    counted = int(right.counted.any(axis=1).sum())
    slope = float(fitted[k]) if len(by_stage) > 1 else 0.0
    base = fitted[:k] if slope else fitted[:k] - fitted[k] * np.log(_FLOOR)
    return Confidence(base, slope, counted, split)


def save(sure: Confidence, run_dir: pathlib.Path, joints: tuple[str, ...]):
    """Writes confidence.json."""
    json_files.save(run_dir / _FILE, describe(sure, joints))


def describe(sure: Confidence, joints: tuple[str, ...]) -> dict:
    """In words and numbers, for people and for `load`."""
    return {
        "score": f"probability of lying within {THRESHOLD} torso diameters: "
        f"sigmoid(base - slope * log(move + {_FLOOR})), where move is how far "
        "the last stage has moved the joint, in predicted torso diameters",
        "persons": sure.persons,
        "split": sure.split,
        "slope": sure.slope,
        "base": dict(zip(joints, map(float, sure.base), strict=True)),
    }


def load(run_dir: pathlib.Path) -> Confidence:
    """Inverse of `save`.

    Raises:
        InputError: there is none.
    """
    values = json_files.load(
        run_dir / _FILE,
        "run the training of that stage again: a finished one is only measured",
    )
    base = np.array(list(values["base"].values()))
    split = values.get("split", "unknown")  # Older runs do not say.
    return Confidence(base, values["slope"], values["persons"], split)
