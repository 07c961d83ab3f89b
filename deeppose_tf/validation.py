"""How a stage does on people: while it is trained, and when it is done."""

import numpy as np
from absl import logging

from deeppose_tf import baseline
from deeppose_tf import boxes
from deeppose_tf import cascade
from deeppose_tf import displacements
from deeppose_tf import input_pipeline
from deeppose_tf import json_files
from deeppose_tf import predictions
from deeppose_tf import scores
from deeppose_tf import summaries
from deeppose_tf.dataset import Dataset
from deeppose_tf.plans import Plan


def split_of(data: Dataset) -> str:
    """Where a training is judged: val, or train where there is no val."""
    return "val" if "val" in data.splits else "train"


def during_training(plan: Plan, part: str, model):
    """A function that gives PDJ of the stage as it is, on held-out people."""
    split = split_of(plan.data)
    batches = input_pipeline.evaluation_batches(
        plan.data, split, batch_size=32, limit=plan.eval_persons
    )
    starts = None
    if plan.previous:
        before = predictions.of_split(
            plan.previous, plan.data, split, plan.eval_persons
        )
        starts = before.joints
    stage = cascade.Stage(plan.spec, {part: model})
    # Of a network for one joint, that joint's figures tell.
    own = f"/{part}"
    run = predictions.graph_of(stage)

    def evaluate():
        found = predictions.predict(stage, batches, starts, run)
        figures = _score(found, plan.spec.skeleton)["figures"]
        if plan.spec.refiner == "per_joint":
            figures = {
                name.removesuffix(own): value
                for name, value in figures.items()
                if name.endswith(own)
            }
        # The mean of three thresholds: one alone jumps with a few people.
        score = np.mean([figures[f"pdj@{t}"] for t in (0.1, 0.2, 0.5)])
        return {"score": float(score), **figures}

    return evaluate


def _score(found, skeleton):
    return scores.score(*found.pixels(), found.labeled, skeleton)


def finish(plan: Plan):
    """Measures a trained stage: displacements.json, metrics.json, PDJ curve."""
    skeleton = plan.spec.skeleton
    found = predictions.of_training_people(plan.run_dir, plan.data)
    displacements.save(
        predictions.measure(found, skeleton.torsos),
        plan.run_dir / "displacements.json",
        skeleton.joints,
    )
    result = {"training": _score(found, skeleton)}
    if split_of(plan.data) == "val":
        found = predictions.of_split(plan.run_dir, plan.data, "val")
        result["validation"] = _score(found, skeleton)
    json_files.save(plan.run_dir / "metrics.json", result)
    for name, numbers in result.items():
        figures = numbers["figures"]
        logging.info(
            "%s: PDJ@0.1 %.3f, @0.2 %.3f",
            *(name, figures["pdj@0.1"], figures["pdj@0.2"]),
        )
    _write_curves(plan, found)
    if plan.previous:
        _warn_where_worse(plan, result)


def _write_curves(plan, found):
    skeleton = plan.spec.skeleton
    joints, truth = found.pixels()
    curve = scores.pdj_curve(joints, truth, found.labeled, skeleton)
    summaries.pdj_curve(plan.run_dir, "pdj_curve", curve, scores.CURVE)
    if plan.spec.stage == 1:
        mean = baseline.mean_pose(plan.data)[None]
        joints = boxes.denormalize(mean, found.box)
        curve = scores.pdj_curve(joints, truth, found.labeled, skeleton)
        summaries.pdj_curve(plan.run_dir, "mean_pose", curve, scores.CURVE)


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
