"""Fits confidence scores to predictions whose truth is known."""

import numpy as np
import scipy.optimize
import tensorflow as tf
from absl import logging

from deeppose_tf.evaluation import accumulators
from deeppose_tf.evaluation.stage_predictions import StagePredictions
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.models import confidence

# Weight of the parameters' squares beside one joint's cross-entropy: a normal
# prior of variance 5. A handful of people proves little, and a joint that was
# always right, or never, would have a base without bound.
_RIDGE = 0.1


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
    # About their middle, so that the slopes tell people apart and no more; a
    # distance that is the same for all has none.
    middle = (distances * right.counted[..., None]).sum(axis=(0, 1))
    middle /= max(1, right.counted.sum())
    fitted = _fitted(distances - middle, right)
    slopes = fitted[-2:]
    return confidence.Confidence(
        base=fitted[:-2] + middle @ slopes,
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
    """The most probable bases and both slopes, float [joints + 2]."""
    k = distances.shape[1]

    def cost(parameters):
        base, slopes = parameters[:k], parameters[k:]
        logit = base - distances @ slopes
        cross_entropy = np.logaddexp(
            0.0, np.where(right.value > 0, -logit, logit)
        )
        total = (cross_entropy * right.counted).sum()
        prior = _RIDGE * (parameters**2).sum()
        return (total + prior) / max(1, right.counted.sum())

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
