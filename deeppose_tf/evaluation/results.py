"""One model's figures on a set of people, in the form of metrics.json.

Figures are flat: "pdj@0.2" is the mean over all labeled joints,
"pdj@0.2/left_wrist" one joint's.
"""

import numpy as np

from deeppose_tf.evaluation import accumulators
from deeppose_tf.evaluation import aggregation
from deeppose_tf.evaluation import bootstrap
from deeppose_tf.geometry.skeletons import Skeleton

# Thresholds of the fine PDJ curve, in diameters.
CURVE = tuple(round(0.005 * i, 3) for i in range(101))


def score(
    joints: np.ndarray,
    truth: np.ndarray,
    labeled: np.ndarray,
    skeleton: Skeleton,
    head_sizes: np.ndarray | None = None,
    intervals: bool = False,
) -> dict:
    """All figures of one set of predictions.

    Args:
        joints: float [people, joints, 2], pixels.
        truth: float [people, joints, 2], pixels.
        labeled: bool [people, joints].
        skeleton: of the joints.
        head_sizes: see `tallies.of`.
        intervals: whether to bootstrap, which takes longer.

    Returns:
        persons; persons_without_torso, whom PDJ leaves out; figures by name;
        uncounted, the names of figures that nothing counted for, which are 0;
        with intervals, by name the ends of each figure's 95% interval.
    """
    tally = accumulators.of(joints, truth, labeled, skeleton, head_sizes)
    with_torso = tally["swap_rate"].counted.sum()
    sums = accumulators.Sums()
    sums.add(tally)
    found = aggregation.figures(sums.by_name())
    result = {
        "persons": len(joints),
        "persons_without_torso": len(joints) - int(with_torso),
        "figures": {k: float(np.nan_to_num(v)) for k, v in found.items()},
        "uncounted": [k for k, v in found.items() if np.isnan(v)],
    }
    if intervals:
        result["intervals"] = {
            k: bootstrap.interval(v) for k, v in bootstrap.draw(tally).items()
        }
    return result


def pdj_curve(
    joints: np.ndarray,
    truth: np.ndarray,
    labeled: np.ndarray,
    skeleton: Skeleton,
) -> dict[str, np.ndarray]:
    """The PDJ curve on a fine grid, to be drawn.

    Args:
        joints: see `score`; likewise truth, labeled, skeleton.
        truth: see joints.
        labeled: see joints.
        skeleton: see joints.

    Returns:
        By joint, and "mean": float [thresholds], at `CURVE`.
    """
    distance = accumulators.torso_distance(joints, truth, labeled, skeleton)
    each = [np.sort(column[np.isfinite(column)]) for column in distance.T]
    pooled = np.sort(np.concatenate(each))
    return {
        name: np.searchsorted(column, CURVE) / max(1, len(column))
        for name, column in zip(
            ("mean", *skeleton.joints), (pooled, *each), strict=True
        )
    }
