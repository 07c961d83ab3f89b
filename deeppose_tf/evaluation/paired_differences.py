"""Differences between two sets of predictions, with paired intervals."""

import numpy as np

from deeppose_tf.evaluation import accumulators
from deeppose_tf.evaluation import aggregation
from deeppose_tf.evaluation import bootstrap
from deeppose_tf.evaluation.accumulators import PersonMetric

METRICS = (
    "pdj@0.1",
    "pdj@0.2",
    "pdj@0.5",
    "auc",
    "pcp_strict/mean_of_4",
    "error_diameters",
    "swap_rate",
)


def between(
    first: dict[str, PersonMetric], second: dict[str, PersonMetric]
) -> dict[str, dict]:
    """Two sets of metrics of the same people side by side.

    Both are resampled with the same draws of people (a paired bootstrap), so
    people who are difficult for both do not widen the interval.

    Returns:
        By metric, "one" (of the first), "other" (of the second), "difference"
        (one - other) and its 95% "interval"; without metrics that nothing
        counted for.
    """
    first, second = _reported(first), _reported(second)
    value, baseline = (
        aggregation.aggregate(accumulators.total(side))
        for side in (first, second)
    )
    drawn, drawn_baseline = bootstrap.draw(first), bootstrap.draw(second)
    return {
        name: {
            "one": float(value[name]),
            "other": float(baseline[name]),
            "difference": float(value[name]) - float(baseline[name]),
            "interval": bootstrap.interval(drawn[name] - drawn_baseline[name]),
        }
        for name in METRICS
        if not np.isnan(value.get(name, np.nan))
    }


def _reported(person_metrics):
    """The metrics of METRICS alone: the bootstrap of all takes long."""
    names = {name.partition("/")[0] for name in METRICS}
    return {k: metric for k, metric in person_metrics.items() if k in names}


def in_words(row: dict) -> str:
    """A row of `between` as a part of a sentence."""
    low, high = row["interval"]
    text = (
        f"{row['one']:.3f} after {row['other']:.3f} (95% interval of the "
        f"difference {low:+.3f} to {high:+.3f}"
    )
    return text + (")" if high < 0 else ", so it may be chance)")
