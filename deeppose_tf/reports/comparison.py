"""Two models on the same people: differences with paired intervals."""

import itertools

import numpy as np

from deeppose_tf import errors
from deeppose_tf.evaluation import accumulators
from deeppose_tf.evaluation import paired_differences
from deeppose_tf.evaluation.cascade_predictions import Judged
from deeppose_tf.geometry.skeletons import Skeleton


def compare(one: Judged, other: Judged, skeleton: Skeleton) -> dict:
    """Last stages of two models on the persons that both have judged.

    Returns:
        persons; left_out, who was judged by one only; same_boxes, whether
        both had the same first boxes; rows of `differences.between`.

    Raises:
        InputError: they share no persons, or not the same truth about them.
    """
    rows_one, rows_other = _in_common(one, other)
    sides = [
        accumulators.of(
            judged.joints[rows, -1],
            judged.truth[rows],
            judged.labeled[rows],
            skeleton,
        )
        for judged, rows in ((one, rows_one), (other, rows_other))
    ]
    common = len(rows_one)
    return {
        "persons": common,
        "left_out": len(one.joints) + len(other.joints) - 2 * common,
        "same_boxes": bool(
            np.allclose(one.box[rows_one], other.box[rows_other], atol=0.5)
        ),
        "rows": paired_differences.between(*sides),
    }


def gains(judged: Judged, skeleton: Skeleton) -> dict[str, dict]:
    """By stage from 2 on, its `differences.between` to the stage before."""
    tally = [
        accumulators.of(joints, judged.truth, judged.labeled, skeleton)
        for joints in np.moveaxis(judged.joints, 1, 0)
    ]
    return {
        f"stage {i + 1}": paired_differences.between(tally[i], tally[i - 1])
        for i in range(1, len(tally))
    }


def worse_stages(gained: dict, known: list[float | None]) -> list[str]:
    """A sentence for each stage that made it worse, here or in validation.

    Args:
        gained: of `gains`.
        known: by stage, its PDJ@0.2 on the validation people, None if unknown.
    """
    sentences = []
    for stage, rows in gained.items():
        row = rows.get("pdj@0.2")
        if row and row["difference"] < 0:
            sentences.append(
                f"{stage} is worse than the stage before on these people: "
                f"PDJ@0.2 {paired_differences.in_words(row)}"
            )
    for i, (old, new) in enumerate(itertools.pairwise(known)):
        if old is not None and new is not None and new < old:
            sentences.append(
                f"stage {i + 2} was worse than the stage before on the "
                f"validation people: PDJ@0.2 {new:.3f} after {old:.3f}"
            )
    return sentences


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
