"""Whether scores hold what they promise, on people they were not fitted to."""

import dataclasses

import numpy as np
import scipy.stats

from deeppose_tf.evaluation import accumulators
from deeppose_tf.evaluation.cascade_predictions import Judged
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.models import confidence

_GROUPS = 5


@dataclasses.dataclass(frozen=True)
class Group:
    """Joints with scores much alike.

    Attributes:
        lowest: their lowest score.
        highest: their highest.
        joints: how many.
        score: their mean score: the share that should be right.
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
    """Scores beside errors.

    Attributes:
        groups: fifths of the joints, from the lowest scores up.
        rank_correlation: Spearman's, of score and error; below 0 where a
            higher score means a smaller error.
    """

    groups: list[Group]
    rank_correlation: float


def measure(judged: Judged, skeleton: Skeleton) -> Reliability | None:
    """Sets scores beside errors; None where too few joints are labeled."""
    error = accumulators.torso_distance(
        judged.joints[:, -1], judged.truth, judged.labeled, skeleton
    )
    counted = np.isfinite(error)
    score, error = judged.scores[counted], error[counted]
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


def rows(found: Reliability) -> list[list[str]]:
    """A table, a row a group, the surest joints first."""
    return [
        [
            "scores",
            "joints",
            "mean score",
            "share within 0.2",
            "median error, diameters",
        ],
        *(
            [
                f"{group.lowest:.2f} to {group.highest:.2f}",
                str(group.joints),
                f"{group.score:.3f}",
                f"{group.right:.3f}",
                f"{group.error:.3f}",
            ]
            for group in reversed(found.groups)
        ),
    ]
