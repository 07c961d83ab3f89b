"""Evaluates a stage on held-out people while it is trained."""

import dataclasses

import numpy as np
import tensorflow as tf

from deeppose_tf.data import dataset
from deeppose_tf.data import person_records
from deeppose_tf.data.dataset import Dataset
from deeppose_tf.evaluation import results
from deeppose_tf.evaluation import stage_predictions
from deeppose_tf.evaluation import training_predictions
from deeppose_tf.examples import input_pipeline
from deeppose_tf.losses import joint_losses
from deeppose_tf.models import trained_stages
from deeppose_tf.runs import stage_summaries
from deeppose_tf.runs import training_batches
from deeppose_tf.runs.plan import Plan
from deeppose_tf.training import summaries
from deeppose_tf.training import workers as workers_

_PDJ = ("pdj@0.1", "pdj@0.2", "pdj@0.5")


def split_of(data: Dataset) -> str:
    """Whom a training is evaluated on: val, or train where there is no val."""
    return "val" if "val" in data.splits else "train"


class StageValidation:
    """Evaluates the network of a part as it is; a `trainer.Validation`."""

    def __init__(
        self,
        plan: Plan,
        part: str,
        model,
        loss: joint_losses.Loss,
        workers: workers_.Workers = workers_.ALONE,
    ):
        """Keeps what is evaluated, the loss on its joints, who evaluates."""
        self._plan, self._part, self._workers = plan, part, workers
        self._model, self._loss = model, loss

    def start(self):
        """Shows what will be learned; predicts with the stage before."""
        plan, split = self._plan, split_of(self._plan.data)
        stage_summaries.before(plan, self._part)
        limit = plan.eval_persons or plan.data.split(split).persons
        stage = trained_stages.of_models(plan.spec, {self._part: self._model})
        graph = stage_predictions.graph_of(stage)
        before = _previous_predictions(plan, split, limit, self._workers)
        self._people = {
            "validation": _People(
                plan, split, limit, stage, graph, before, self._workers
            )
        }
        if split != "train":
            # As many training people, so that both curves overlay.
            seen = _previous_predictions(plan, "train", limit, self._workers)
            self._people["train"] = _People(
                plan, "train", limit, stage, graph, seen, self._workers
            )
        self._batches = training_batches.held_out(
            plan, self._part, split, before, self._workers.share
        )

    def evaluate(self) -> dict[str, dict[str, float]]:
        """Metrics by name of the "validation" and of the "train" people.

        "train" is missing where the validation people are training people. The
        "score" of a validation is the mean of PDJ at three thresholds, its
        "loss" that of plain crops.
        """
        dataset.check_unchanged(self._plan.data)
        metrics = {}
        for name, people in self._people.items():
            predictions = people.predict()
            metrics[name] = self._shown(
                predictions.metrics(self._plan.spec.skeleton)
            )
            if name == "validation" and self._part == "all":
                show_curves(self._plan, predictions)
        of_validation = metrics["validation"]
        # The mean of three thresholds: one alone jumps with a few people.
        score = np.mean([of_validation.get(name, 0.0) for name in _PDJ])
        metrics["validation"] = {
            "score": float(score),
            **self._mean_loss(),
            **of_validation,
        }
        return metrics

    def _shown(self, result):
        """The metrics of all joints, or of the joint of the part."""
        shown = {
            name: value
            for name, value in result["figures"].items()
            if name not in result["uncounted"] and _is_shown(name)
        }
        if self._part == "all":
            return shown
        suffix = f"/{self._part}"
        return {
            name.removesuffix(suffix): value
            for name, value in shown.items()
            if name.endswith(suffix)
        }

    def _mean_loss(self):
        """The mean loss of plain crops, if there are any."""
        count = total = 0.0
        for batch in self._batches:
            total += float(self._total_loss(*batch))
            count += len(batch[1])
        sums = self._workers.every({"sums": np.array([total, count])})
        total, count = np.sum([each["sums"] for each in sums], axis=0).tolist()
        return {"loss": total / count} if count else {}

    @tf.function(reduce_retracing=True)
    def _total_loss(self, crop, joints, labeled):
        outputs = self._model(crop, training=False)
        return tf.reduce_sum(self._loss(outputs, joints, labeled))


class _People:
    """People of one split, seen by a stage that is being trained."""

    def __init__(self, plan, split, limit, stage, graph, before, workers):
        self._batches = input_pipeline.evaluation_batches(
            plan.data, split, batch_size=32, limit=limit, share=workers.share
        )
        self._stage, self._graph, self._workers = stage, graph, workers
        self._previous_joints = before.joints if before else None

    def predict(self):
        return stage_predictions.predict(
            self._stage,
            self._batches,
            self._previous_joints,
            self._graph,
            self._workers,
        )


def _previous_predictions(plan, split, limit, workers):
    """What the stage before predicts for people; None for stage 1."""
    if not plan.previous:
        return None
    if split == "train":
        predictions = training_predictions.of_stage(
            plan.previous, plan.data, workers
        )
        return predictions.first(limit)
    return stage_predictions.of_split(
        plan.previous, plan.data, split, limit, workers
    )


def _is_shown(name):
    """PDJ at three thresholds: the rest of the curve is a run of its own."""
    metric = name.partition("/")[0]
    return metric in _PDJ or not metric.startswith("pdj@")


def show_curves(plan: Plan, predictions: stage_predictions.StagePredictions):
    """Shows PDJ curves as runs in TensorBoard; of stage 1 the mean pose's too.

    Args:
        plan: of the stage.
        predictions: for held-out people, so far.
    """
    curves = {"pdj_curve": predictions}
    if plan.spec.stage == 1:
        curves["mean_pose"] = mean_pose(plan, predictions)
    for run, joints in curves.items():
        curve = joints.curve(plan.spec.skeleton)
        with summaries.run(plan.run_dir, run):
            summaries.curve("pdj_curve", curve, results.CURVE)


def mean_pose(plan: Plan, predictions: stage_predictions.StagePredictions):
    """The mean pose of the training people as a prediction for others."""
    mean = person_records.mean_pose(plan.data)[None]
    joints = mean.repeat(len(predictions.box), axis=0)
    return dataclasses.replace(predictions, joints=joints)
