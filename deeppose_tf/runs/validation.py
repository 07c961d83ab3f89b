"""How a stage does on held-out people while it is trained."""

import dataclasses

import numpy as np
import tensorflow as tf

from deeppose_tf.data import input_pipeline
from deeppose_tf.data import person_records
from deeppose_tf.data.dataset import Dataset
from deeppose_tf.evaluation import results
from deeppose_tf.evaluation import stage_predictions
from deeppose_tf.models import cascade
from deeppose_tf.runs import training_batches
from deeppose_tf.runs.plan import Plan
from deeppose_tf.training import summaries

_PDJ = ("pdj@0.1", "pdj@0.2", "pdj@0.5")


def split_of(data: Dataset) -> str:
    """Where a training is judged: val, or train where there is no val."""
    return "val" if "val" in data.splits else "train"


def during_training(plan: Plan, part: str, model, loss):
    """A function that judges the network of a part as it is.

    Its result has figures by name for "validation" (with "score", the mean of
    PDJ at three thresholds, and "loss") and, where that is another split, for
    "train": as many training people, so that both curves overlay.
    """
    split = split_of(plan.data)
    limit = plan.eval_persons or plan.data.split(split).persons
    stage = cascade.Stage(plan.spec, {part: model})
    run = stage_predictions.graph_of(stage)
    before = _before(plan, split, limit)
    figures_of = {"validation": _judge(plan, part, stage, run, split, before)}
    if split != "train":
        seen = _before(plan, "train", limit)
        figures_of["train"] = _judge(plan, part, stage, run, "train", seen)
    held_out = training_batches.held_out(plan, part, split, before)
    mean_loss = _mean_loss(model, loss, held_out)

    def evaluate():
        result = {name: figures() for name, figures in figures_of.items()}
        figures = result["validation"]
        # The mean of three thresholds: one alone jumps with a few people.
        score = np.mean([figures.get(name, 0.0) for name in _PDJ])
        result["validation"] = {
            "score": float(score),
            **mean_loss(),
            **figures,
        }
        return result

    return evaluate


def _before(plan, split, limit):
    """What the stage before predicts for people; None for stage 1."""
    if not plan.previous:
        return None
    if split == "train":
        found = stage_predictions.of_training_people(plan.previous, plan.data)
        return found.first(limit)
    return stage_predictions.of_split(plan.previous, plan.data, split, limit)


def _judge(plan, part, stage, run, split, before):
    limit = plan.eval_persons or plan.data.split(split_of(plan.data)).persons
    batches = input_pipeline.evaluation_batches(
        plan.data, split, batch_size=32, limit=limit
    )
    starts = before.joints if before else None
    # Of a network for one joint, that joint's figures tell.
    own = f"/{part}"

    def figures():
        found = stage_predictions.predict(stage, batches, starts, run)
        scored = found.score(plan.spec.skeleton)
        named = {
            name: value
            for name, value in scored["figures"].items()
            if name not in scored["uncounted"] and _is_shown(name)
        }
        if plan.spec.refiner != "per_joint":
            if split == split_of(plan.data):
                show_curves(plan, found)
            return named
        return {
            name.removesuffix(own): value
            for name, value in named.items()
            if name.endswith(own)
        }

    return figures


def _is_shown(name):
    """PDJ at three thresholds: the rest of the curve is a run of its own."""
    metric = name.partition("/")[0]
    return metric in _PDJ or not metric.startswith("pdj@")


def show_curves(plan: Plan, found: stage_predictions.Predictions):
    """Shows PDJ curves as runs in TensorBoard; of stage 1 the mean pose's too.

    Args:
        plan: of the stage.
        found: what it predicts for held-out people, so far.
    """
    curves = {"pdj_curve": found}
    if plan.spec.stage == 1:
        curves["mean_pose"] = mean_guess(plan, found)
    for run, joints in curves.items():
        curve = joints.curve(plan.spec.skeleton)
        with summaries.run(plan.run_dir, run):
            summaries.curve("pdj_curve", curve, results.CURVE)


def mean_guess(plan: Plan, found: stage_predictions.Predictions):
    """The mean pose of the training people as a prediction for others."""
    mean = person_records.mean_pose(plan.data)[None]
    joints = mean.repeat(len(found.box), axis=0)
    return dataclasses.replace(found, joints=joints)


def _mean_loss(model, loss, batches):
    """A function that gives the mean loss of plain crops, if there are any."""

    @tf.function(reduce_retracing=True)
    def total(crop, joints, labeled):
        found = model(crop, training=False)
        return tf.reduce_sum(loss(found, joints, labeled))

    def mean():
        count = sums = 0.0
        for batch in batches:
            sums += float(total(*batch))
            count += len(batch[0])
        return {"loss": sums / count} if count else {}

    return mean
