"""Figures of the same persons side by side, with paired intervals."""

import numpy as np

from deeppose_tf.evaluation import aggregation
from deeppose_tf.evaluation import bootstrap
from deeppose_tf.evaluation.accumulators import Tally

FIGURES = (
    "pdj@0.1",
    "pdj@0.2",
    "pdj@0.5",
    "auc",
    "pcp_strict/mean_of_4",
    "error_diameters",
    "swap_rate",
)


def between(one: dict[str, Tally], other: dict[str, Tally]) -> dict[str, dict]:
    """Two tallies of the same persons side by side.

    Persons are drawn anew for both together (a paired bootstrap), so that what
    is hard for both does not blur their difference.

    Returns:
        By figure, "one", "other", "difference" (one - other) and its 95%
        "interval"; without figures that nothing counted for.
    """
    # The bootstrap takes its time: only of what is told.
    wanted = {name.partition("/")[0] for name in FIGURES}
    one, other = (
        {name: tally for name, tally in side.items() if name in wanted}
        for side in (one, other)
    )
    plain = [
        aggregation.figures(
            {
                name: (t.items, t.value.sum(axis=0), t.counted.sum(axis=0))
                for name, t in side.items()
            }
        )
        for side in (one, other)
    ]
    drawn = [bootstrap.draw(side) for side in (one, other)]
    rows = {}
    for name in FIGURES:
        if np.isnan(plain[0].get(name, np.nan)):
            continue
        first, second = (float(side[name]) for side in plain)
        rows[name] = {
            "one": first,
            "other": second,
            "difference": first - second,
            "interval": bootstrap.interval(drawn[0][name] - drawn[1][name]),
        }
    return rows


def in_words(row: dict) -> str:
    """A row of `between` as a part of a sentence."""
    low, high = row["interval"]
    words = (
        f"{row['one']:.3f} after {row['other']:.3f} (95% interval of the "
        f"difference {low:+.3f} to {high:+.3f}"
    )
    return words + (")" if high < 0 else ", so it may be chance)")
