"""Two models on the same people: differences with paired intervals."""

import numpy as np

from deeppose_tf import errors
from deeppose_tf import scores
from deeppose_tf import tallies
from deeppose_tf.evaluation import Judged
from deeppose_tf.skeletons import Skeleton

FIGURES = (
    "pdj@0.1",
    "pdj@0.2",
    "pdj@0.5",
    "auc",
    "pcp_strict/mean_of_4",
    "error_diameters",
    "swap_rate",
)


def compare(one: Judged, other: Judged, skeleton: Skeleton) -> dict:
    """Last stages of two models on the persons that both have judged.

    Persons are drawn anew for both models together (a paired bootstrap), so
    that what is hard for both does not blur their difference.

    Returns:
        persons; rows: by figure, "one", "other", "difference" (one - other)
        and its 95% "interval".

    Raises:
        InputError: they share no persons, or not the same truth about them.
    """
    rows_one, rows_other = _in_common(one, other)
    sides = [
        tallies.of(
            judged.joints[rows, -1],
            judged.truth[rows],
            judged.labeled[rows],
            skeleton,
        )
        for judged, rows in ((one, rows_one), (other, rows_other))
    ]
    drawn = [scores.draw(side) for side in sides]
    plain = [scores.of(side) for side in sides]
    rows = {}
    for name in FIGURES:
        if name not in plain[0]:
            continue
        first, second = (float(side[name]) for side in plain)
        ends = scores.interval(drawn[0][name] - drawn[1][name])
        rows[name] = {
            "one": first,
            "other": second,
            "difference": first - second,
            "interval": ends,
        }
    return {"persons": len(rows_one), "rows": rows}


def _in_common(one, other):
    _, rows_one, rows_other = np.intersect1d(
        one.person_ids, other.person_ids, return_indices=True
    )
    if not len(rows_one):
        raise errors.InputError(
            "--compare: the two reports have no person in common; judge both "
            "models with the same --data_dir and --split"
        )
    labeled = one.labeled[rows_one]
    same = (
        labeled.shape == other.labeled[rows_other].shape
        and (labeled == other.labeled[rows_other]).all()
    )
    if (
        not same
        or (
            np.abs(one.truth[rows_one] - other.truth[rows_other])[labeled] > 0.5
        ).any()
    ):
        raise errors.InputError(
            "--compare: the two reports have different truth about the same "
            "persons; judge both models with the same --data_dir"
        )
    return rows_one, rows_other
