"""Fits confidence scores to predictions whose truth is known."""

import numpy as np
import scipy.optimize
import tensorflow as tf
from absl import logging

from deeppose_tf.evaluation import accumulators
from deeppose_tf.evaluation.stage_predictions import StagePredictions
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.models import confidence

# Keeps the base of a joint finite that was always right, or never.
_RIDGE = 1e-5


def fit(
    by_stage: list[StagePredictions], skeleton: Skeleton, split: str
) -> confidence.Confidence:
    """Fits confidence scores to predictions.

    Args:
        by_stage: predictions of each stage of the cascade for the same people.
        skeleton: of the joints.
        split: of the people.
    """
    last = by_stage[-1]
    (right,) = accumulators.pdj(
        last.in_pixels(), skeleton, [confidence.THRESHOLD]
    ).values()
    stage_joints = np.stack(
        [stage.in_pixels().joints for stage in by_stage], axis=1
    )
    distances = confidence.log_distances(
        tf.constant(stage_joints, tf.float32),
        _spread_pixels(last),
        tf.constant(last.box, tf.float32),
        skeleton.torsos,
    ).numpy()
    fitted = _fitted(distances, right)
    # A distance that is the same for all people belongs to the base.
    varies = np.array([len(by_stage) > 1, last.spread is not None])
    slopes = np.where(varies, fitted[-2:], 0.0)
    base = fitted[:-2] - (fitted[-2:] - slopes).sum() * np.log(confidence.FLOOR)
    return confidence.Confidence(
        base=base,
        slope=float(slopes[0]),
        persons=int(right.counted.any(axis=1).sum()),
        split=split,
        spread_slope=float(slopes[1]),
    )


def _spread_pixels(predictions):
    if predictions.spread is None:
        return tf.zeros([*predictions.joints.shape[:2], 0])
    return tf.constant(
        predictions.spread * predictions.box[:, None, 2:], tf.float32
    )


def _fitted(distances, right):
    """Maximum-likelihood bases and both slopes, float [joints + 2]."""
    k = distances.shape[1]

    def cost(parameters):
        base, slopes = parameters[:k], parameters[k:]
        logit = base - distances @ slopes
        cross_entropy = np.logaddexp(
            0.0, np.where(right.value > 0, -logit, logit)
        )
        mean = (cross_entropy * right.counted).sum() / max(
            1, right.counted.sum()
        )
        return mean + _RIDGE * (parameters**2).sum()

    # A far move or a large spread never raises a score.
    bounds = [(None, None)] * k + [(0.0, None)] * 2
    result = scipy.optimize.minimize(
        cost, np.zeros(k + 2), method="L-BFGS-B", bounds=bounds
    )
    if not result.success:
        logging.warning(
            "The fit of the confidence scores did not converge: %s",
            result.message,
        )
    return result.x
