"""How a stage does on people: while it is trained, and when it is done."""

import numpy as np
from absl import logging

from deeppose_tf import cascade
from deeppose_tf import displacements
from deeppose_tf import input_pipeline
from deeppose_tf import json_files
from deeppose_tf import predictions
from deeppose_tf import scores
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
    outputs = list(plan.spec.parts[part])
    run = predictions.graph_of(stage)

    def evaluate():
        found = predictions.predict(stage, batches, starts, run)
        result = _score(found, plan.spec.skeleton)
        numbers = {
            f"pdj@{t}": _mean_of(result, t, plan.spec.skeleton, outputs)
            for t in (0.1, 0.2, 0.5)
        }
        # The mean of three thresholds: one alone jumps with a few people.
        return {"score": float(np.mean(list(numbers.values()))), **numbers}

    return evaluate


def _score(found, skeleton):
    return scores.score(*found.pixels(), found.labeled, skeleton)


def _mean_of(result, threshold, skeleton, outputs):
    """Mean PDJ over the joints that a network predicts."""
    if len(outputs) == len(skeleton.joints):
        return scores.pdj_at(result, threshold)
    row = result["pdj"][str(threshold)]
    return float(np.mean([row[skeleton.joints[i]] for i in outputs]))


def finish(plan: Plan):
    """Writes displacements.json and metrics.json of a trained stage."""
    skeleton = plan.spec.skeleton
    found = predictions.of_training_people(plan.run_dir, plan.data)
    displacements.save(
        predictions.measure(found, skeleton.torsos),
        plan.run_dir / "displacements.json",
        skeleton.joints,
    )
    split = split_of(plan.data)
    result = {"training": _score(found, skeleton)}
    if split == "val":
        held_out = predictions.of_split(plan.run_dir, plan.data, split)
        result["validation"] = _score(held_out, skeleton)
    json_files.save(plan.run_dir / "metrics.json", result)
    for name, numbers in result.items():
        logging.info(
            "%s: PDJ@0.1 %.3f, @0.2 %.3f",
            *(name, scores.pdj_at(numbers, 0.1), scores.pdj_at(numbers, 0.2)),
        )
