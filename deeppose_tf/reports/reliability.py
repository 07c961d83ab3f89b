"""Calibration of the confidence scores, on people they were not fitted to."""

import dataclasses

import numpy as np
import scipy.stats

from deeppose_tf.evaluation import accumulators
from deeppose_tf.evaluation.cascade_predictions import CascadePredictions
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.models import confidence

_GROUPS = 5


@dataclasses.dataclass(frozen=True)
class Group:
    """Joints with similar scores.

    Attributes:
        lowest: their lowest score.
        highest: their highest score.
        joints: their number.
        score: their mean score: the share that the scores predict to be right.
        right: the share within 0.2 torso diameters of the truth.
        error: their median error in torso diameters.
    """

    lowest: float
    highest: float
    joints: int
    score: float
    right: float
    error: float


@dataclasses.dataclass(frozen=True)
class Reliability:
    """Confidence scores compared with errors.

    Attributes:
        groups: fifths of the joints, from the lowest scores up.
        rank_correlation: Spearman's, of score and error; below 0 if higher
            scores come with smaller errors.
    """

    groups: list[Group]
    rank_correlation: float

    def rows(self) -> list[list[str]]:
        """A table with a row for each group, the highest scores first."""
        head = [
            "scores",
            "joints",
            "mean score",
            "share within 0.2",
            "median error, diameters",
        ]
        body = [
            [
                f"{group.lowest:.2f} to {group.highest:.2f}",
                str(group.joints),
                f"{group.score:.3f}",
                f"{group.right:.3f}",
                f"{group.error:.3f}",
            ]
            for group in reversed(self.groups)
        ]
        return [head, *body]


def measure(
    predictions: CascadePredictions, skeleton: Skeleton
) -> Reliability | None:
    """Compares scores with errors of the last stage.

    Returns:
        None if there are too few labeled joints, or all scores are equal, or
        all errors.
    """
    error = accumulators.torso_distance(predictions.of_stage(-1), skeleton)
    counted = np.isfinite(error)
    score, error = predictions.scores[counted], error[counted]
    if len(score) < _GROUPS or np.ptp(score) == 0 or np.ptp(error) == 0:
        return None
    fifths = np.array_split(np.argsort(score, kind="stable"), _GROUPS)
    return Reliability(
        [_group(score[rows], error[rows]) for rows in fifths],
        float(scipy.stats.spearmanr(score, error).statistic),
    )


def _group(score, error):
    return Group(
        lowest=float(score.min()),
        highest=float(score.max()),
        joints=len(score),
        score=float(score.mean()),
        right=float((error < confidence.THRESHOLD).mean()),
        error=float(np.median(error)),
    )
