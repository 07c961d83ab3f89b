"""One model's metrics on a set of people, in the form of metrics.json.

Names of metrics are flat: "pdj@0.2" is the mean over all labeled joints,
"pdj@0.2/left_wrist" one joint's.
"""

import csv
import io

import numpy as np

from deeppose_tf.evaluation import accumulators
from deeppose_tf.evaluation import aggregation
from deeppose_tf.evaluation import bootstrap
from deeppose_tf.evaluation.predictions import Predictions
from deeppose_tf.geometry.skeletons import Skeleton

# Thresholds of the fine PDJ curve, in diameters.
CURVE = tuple(round(0.005 * i, 3) for i in range(101))


def summarize(
    predictions: Predictions,
    skeleton: Skeleton,
    head_sizes: np.ndarray | None = None,
    intervals: bool = False,
) -> dict:
    """All metrics of one set of predictions.

    Args:
        predictions: predicted and true joints.
        skeleton: of the joints.
        head_sizes: see `accumulators.measure`.
        intervals: whether to bootstrap, which takes longer.

    Returns:
        persons; persons_without_torso, whom PDJ leaves out; figures, the
        metrics by name; uncounted, the names of metrics that nothing counted
        for, which are 0; with intervals, by name the ends of each metric's 95%
        interval.
    """
    measured = accumulators.measure(predictions, skeleton, head_sizes)
    persons = len(predictions.joints)
    with_torso = measured["swap_rate"].counted.sum()
    values = aggregation.aggregate(accumulators.total(measured))
    result = {
        "persons": persons,
        "persons_without_torso": persons - int(with_torso),
        "figures": {k: float(np.nan_to_num(v)) for k, v in values.items()},
        "uncounted": [k for k, v in values.items() if np.isnan(v)],
    }
    if intervals:
        drawn = bootstrap.draw(measured)
        result["intervals"] = {
            k: bootstrap.interval(v) for k, v in drawn.items()
        }
    return result


def table(results: dict[str, dict], title: str) -> str:
    """The metrics of `summarize` as CSV, for spreadsheets: metrics.csv.

    A row a metric: whose it is, its name, the joint or limb (empty for all of
    them), its value and the ends of its 95% interval, which are empty where
    there are none. What nothing counted for has no value.

    Args:
        results: of `summarize`, by name, e.g. "stage 1" or "validation".
        title: of the column of these names.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([title, "metric", "joint or limb", "value", "low", "high"])
    for name, result in results.items():
        for key, value in result["figures"].items():
            metric, _, item = key.partition("/")
            numbers = [value, *result.get("intervals", {}).get(key, ["", ""])]
            if key in result["uncounted"]:
                numbers = ["", "", ""]
            rows.writerow([name, metric, item, *numbers])
    return text.getvalue()


def pdj_curve(
    predictions: Predictions, skeleton: Skeleton
) -> dict[str, np.ndarray]:
    """The PDJ curve on a fine grid, for charts.

    Returns:
        By joint, and "mean": float [thresholds], at `CURVE`.
    """
    distance = accumulators.torso_distance(predictions, skeleton)
    by_joint = [np.sort(column[np.isfinite(column)]) for column in distance.T]
    pooled = np.sort(np.concatenate(by_joint))
    return {
        name: np.searchsorted(column, CURVE) / max(1, len(column))
        for name, column in zip(
            ("mean", *skeleton.joints), (pooled, *by_joint), strict=True
        )
    }
