"""What a finished stage leaves: its errors, its figures, its pictures."""

import dataclasses

from absl import logging

from deeppose_tf import baseline
from deeppose_tf import confidence
from deeppose_tf import displacements
from deeppose_tf import json_files
from deeppose_tf import predictions
from deeppose_tf import scores
from deeppose_tf import summaries
from deeppose_tf import training_pictures
from deeppose_tf import validation
from deeppose_tf.plans import Plan


def write(plan: Plan):
    """Measures a trained stage: its errors, figures, scores, pictures.

    Warns where the stage before was better.
    """
    skeleton = plan.spec.skeleton
    seen = predictions.of_training_people(plan.run_dir, plan.data)
    displacements.save(
        predictions.measure(seen, skeleton.torsos),
        plan.run_dir / "displacements.json",
        skeleton.joints,
    )
    split = validation.split_of(plan.data)
    by_stage = predictions.of_stages(plan.run_dir, plan.data, split)
    found = by_stage[-1]
    confidence.save(
        confidence.fit(by_stage, skeleton), plan.run_dir, skeleton.joints
    )
    result = {"training": seen.score(skeleton)}
    if split == "val":
        result["validation"] = found.score(skeleton)
    json_files.save(plan.run_dir / "metrics.json", result)
    for name, numbers in result.items():
        figures = numbers["figures"]
        logging.info(
            "%s: PDJ@0.1 %.3f, @0.2 %.3f",
            *(name, figures["pdj@0.1"], figures["pdj@0.2"]),
        )
    _show(plan, result, found, split)
    if plan.previous:
        _warn_where_worse(plan, result)


def _show(plan, result, found, split):
    skeleton, stage = plan.spec.skeleton, plan.spec.stage
    _curve(plan, "pdj_curve", found)
    mean = baseline.mean_pose(plan.data)[None]
    guess = dataclasses.replace(found, joints=mean.repeat(len(found.box), 0))
    if stage == 1:
        _curve(plan, "mean_pose", guess)
    training_pictures.after(
        plan,
        {
            "mean pose": guess.score(skeleton),
            **{
                f"stage {stage}, {people} people": numbers
                for people, numbers in result.items()
            },
        },
        found,
        split,
    )


def _curve(plan, run, found):
    curve = scores.pdj_curve(*found.pixels(), found.labeled, plan.spec.skeleton)
    with summaries.run(plan.run_dir, run):
        summaries.curve("pdj_curve", curve, scores.CURVE)


def _warn_where_worse(plan, result):
    """A refinement that makes it worse must not pass unseen."""
    path = plan.previous / "metrics.json"
    if not path.exists():  # The stage before was stopped before its end.
        return
    before = json_files.load(path, "train the stage before again")
    if "validation" not in before or "validation" not in result:
        return
    old, new = (
        each["validation"]["figures"]["pdj@0.2"] for each in (before, result)
    )
    if new < old:
        logging.warning(
            "STAGE %d IS WORSE THAN STAGE %d: validation PDJ@0.2 %.3f after "
            "%.3f. Train it longer, or with another --sigma or --targets.",
            *(plan.spec.stage, plan.spec.stage - 1, new, old),
        )
