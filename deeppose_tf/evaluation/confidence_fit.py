"""Fits confidence scores to predictions for people whose joints are known."""

import numpy as np
import scipy.optimize
import tensorflow as tf
from absl import logging

from deeppose_tf.evaluation import accumulators
from deeppose_tf.evaluation.stage_predictions import Predictions
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.models import confidence

# Keeps a joint that was always right, or never, from infinity.
_RIDGE = 1e-5


def fit(
    by_stage: list[Predictions], skeleton: Skeleton, split: str
) -> confidence.Confidence:
    """Fits scores to people.

    Args:
        by_stage: what each stage of the cascade predicts for them.
        skeleton: of the joints.
        split: of the people.
    """
    found = by_stage[-1]
    joints, truth = found.pixels()
    tally = accumulators.pdj(
        joints, truth, found.labeled, skeleton, [confidence.THRESHOLD]
    )
    (right,) = tally.values()
    stage_joints = np.stack([stage.pixels()[0] for stage in by_stage], axis=1)
    doubts = confidence.log_doubts(
        tf.constant(stage_joints, tf.float32),
        _spread_pixels(found),
        tf.constant(found.box, tf.float32),
        skeleton.torsos,
    ).numpy()
    fitted = _fitted(doubts, right)
    # What is the same for everybody belongs to the base.
    told = np.array([len(by_stage) > 1, found.spread is not None])
    slopes = np.where(told, fitted[-2:], 0.0)
    base = fitted[:-2] - (fitted[-2:] - slopes).sum() * np.log(confidence.FLOOR)
    return confidence.Confidence(
        base=base,
        slope=float(slopes[0]),
        persons=int(right.counted.any(axis=1).sum()),
        split=split,
        spread_slope=float(slopes[1]),
    )


def _spread_pixels(found):
    if found.spread is None:
        return tf.zeros([*found.joints.shape[:2], 0])
    return tf.constant(found.spread * found.box[:, None, 2:], tf.float32)


def _fitted(doubts, right):
    """Bases and both slopes, float [joints + 2], of the likeliest scores."""
    k = doubts.shape[1]

    def cost(parameters):
        base, slopes = parameters[:k], parameters[k:]
        logit = base - doubts @ slopes
        each = np.logaddexp(0.0, np.where(right.value > 0, -logit, logit))
        mean = (each * right.counted).sum() / max(1, right.counted.sum())
        return mean + _RIDGE * (parameters**2).sum()

    # A far move, or a large spread, never speaks for a joint.
    bounds = [(None, None)] * k + [(0.0, None)] * 2
    result = scipy.optimize.minimize(
        cost, np.zeros(k + 2), method="L-BFGS-B", bounds=bounds
    )
    if not result.success:
        logging.warning("Scores may be off: %s", result.message)
    return result.x
