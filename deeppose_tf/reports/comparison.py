"""Two models on the same people: differences with paired intervals."""

import itertools

import numpy as np

from deeppose_tf import errors
from deeppose_tf.evaluation import accumulators
from deeppose_tf.evaluation import paired_differences
from deeppose_tf.evaluation.cascade_predictions import CascadePredictions
from deeppose_tf.geometry.skeletons import Skeleton

_SAME = 0.5  # Pixels; boxes and joints this close count as equal.


def compare(
    predictions: CascadePredictions,
    baseline: CascadePredictions,
    skeleton: Skeleton,
) -> dict:
    """Last stages of two models on the people whom both were evaluated on.

    Returns:
        persons; left_out, the number of people in only one of them;
        same_boxes, whether both had the same first boxes; rows of
        `paired_differences.between`.

    Raises:
        InputError: they have no people in common, or different truth.
    """
    rows, baseline_rows = _common_rows(predictions, baseline)
    common = len(rows)
    return {
        "persons": common,
        "left_out": len(predictions.joints) + len(baseline.joints) - 2 * common,
        "same_boxes": bool(
            np.allclose(
                predictions.box[rows], baseline.box[baseline_rows], atol=_SAME
            )
        ),
        "rows": paired_differences.between(
            accumulators.measure(predictions.of_stage(-1).rows(rows), skeleton),
            accumulators.measure(
                baseline.of_stage(-1).rows(baseline_rows), skeleton
            ),
        ),
    }


def gains(
    predictions: CascadePredictions, skeleton: Skeleton
) -> dict[str, dict]:
    """By stage from 2 on, its paired difference to the stage before.

    Differences are those of `paired_differences.between`.
    """
    by_stage = [
        accumulators.measure(predictions.of_stage(i), skeleton)
        for i in range(predictions.joints.shape[1])
    ]
    return {
        f"stage {i + 2}": paired_differences.between(after, before)
        for i, (before, after) in enumerate(itertools.pairwise(by_stage))
    }


def worse_stages(gained: dict, validation_pdj: list[float | None]) -> list[str]:
    """A sentence for each stage that lowered PDJ@0.2, here or in validation.

    Args:
        gained: of `gains`.
        validation_pdj: by stage, its PDJ@0.2 on the validation people; None
            where unknown.
    """
    sentences = []
    for stage, rows in gained.items():
        row = rows.get("pdj@0.2")
        if row and row["difference"] < 0:
            sentences.append(
                f"{stage} is worse than the stage before on these people: "
                f"PDJ@0.2 {paired_differences.in_words(row)}"
            )
    for i, (old, new) in enumerate(itertools.pairwise(validation_pdj)):
        if old is not None and new is not None and new < old:
            sentences.append(
                f"stage {i + 2} was worse than the stage before on the "
                f"validation people: PDJ@0.2 {new:.3f} after {old:.3f}"
            )
    return sentences


def _common_rows(predictions, baseline):
    """Rows of the common people in both, in the same order."""
    _, rows, baseline_rows = np.intersect1d(
        predictions.person_ids, baseline.person_ids, return_indices=True
    )
    if not len(rows):
        raise errors.InputError(
            "--compare: the two reports have no person in common; evaluate "
            "both models with the same --data_dir and --split"
        )
    truth = predictions.of_stage(-1).rows(rows)
    if not _same_truth(truth, baseline.of_stage(-1).rows(baseline_rows)):
        raise errors.InputError(
            "--compare: the two reports have different truth about the same "
            "persons; evaluate both models with the same --data_dir"
        )
    return rows, baseline_rows


def _same_truth(first, second):
    if not np.array_equal(first.labeled, second.labeled):
        return False
    apart = np.abs(first.truth - second.truth)[first.labeled]
    return not (apart > _SAME).any()
