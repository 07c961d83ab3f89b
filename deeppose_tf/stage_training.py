"""Trains a stage: its data, its networks one after the other, its results."""

import dataclasses
import pathlib
import shutil

import keras
import numpy as np
import tensorflow as tf
from absl import logging

from deeppose_tf import augment
from deeppose_tf import cascade
from deeppose_tf import displacements
from deeppose_tf import errors
from deeppose_tf import input_pipeline
from deeppose_tf import json_files
from deeppose_tf import losses
from deeppose_tf import optimizers
from deeppose_tf import predictions
from deeppose_tf import refinement_pipeline
from deeppose_tf import scores
from deeppose_tf import stages
from deeppose_tf import trainer
from deeppose_tf.dataset import Dataset


@dataclasses.dataclass(frozen=True)
class Plan:
    """How a stage is trained; see the flags of train.py."""

    spec: stages.StageSpec
    data: Dataset
    run_dir: pathlib.Path
    schedule: trainer.Schedule
    recipe: optimizers.Recipe
    how: augment.Augmentation
    weights: str | None = None
    loss: str = "l2"
    crops_from: str = "gaussian"
    crops_per_person: int = 4
    targets: str = "own"
    eval_persons: int | None = None
    shuffle_buffer: int = 8192
    precision: str = "float32"
    seed: int = 0

    @property
    def previous(self) -> pathlib.Path | None:
        """Run folder of the stage before."""
        return stages.previous_dir(self.spec, self.run_dir)


def train_part(plan: Plan, part: str, strategy: tf.distribute.Strategy) -> bool:
    """Trains one network of the stage; False where it was finished before."""
    spec = plan.spec
    folder = cascade.part_dir(plan.run_dir, part)
    folder.mkdir(parents=True, exist_ok=True)
    # Not 0: with that, tf.data's shuffle takes no seed out of a tensor.
    keras.utils.set_random_seed(1 + plan.seed)
    keras.config.set_dtype_policy(plan.precision)
    with strategy.scope():
        model = stages.build(spec, part, plan.weights)
        optimizer = optimizers.build(plan.recipe, plan.schedule.steps)
    keras.config.set_dtype_policy("float32")
    logging.info(
        "Stage %d, %s: %d parameters, %d replicas",
        *(spec.stage, part, model.count_params()),
        strategy.num_replicas_in_sync,
    )
    return trainer.fit(
        model,
        optimizer,
        loss=losses.LOSSES[plan.loss],
        batches=_batches(plan, part),
        evaluate=_validation(plan, part, model),
        schedule=plan.schedule,
        run_dir=folder,
        strategy=strategy,
    )


def _batches(plan, part):
    """A function from the step to start at to training batches."""
    common = dict(
        image_size=plan.spec.image_size,
        batch_size=plan.schedule.batch_size,
        how=plan.how,
        seed=plan.seed,
        shuffle_buffer=plan.shuffle_buffer,
    )
    if plan.spec.stage == 1:
        return lambda step: input_pipeline.pose_batches(
            plan.data, start_step=step, **common
        )
    starts = _starts(plan)
    return lambda step: refinement_pipeline.refinement_batches(
        plan.data,
        starts,
        outputs=plan.spec.parts[part],
        sigma=plan.spec.sigma,
        crops_per_person=plan.crops_per_person,
        targets=plan.targets,
        start_step=step,
        **common,
    )


def _starts(plan):
    skeleton = plan.spec.skeleton
    if plan.crops_from == "gaussian":
        statistics = displacements.load(
            plan.previous / "displacements.json", skeleton.joints
        )
        return refinement_pipeline.gaussian_starts(statistics, skeleton)
    found = predictions.of_training_people(plan.previous, plan.data)
    return refinement_pipeline.predicted_starts(
        found.person_ids, found.joints, skeleton
    )


def validation_split(data: Dataset) -> str:
    """Where a training is judged: val, or train where there is no val."""
    return "val" if "val" in data.splits else "train"


def _validation(plan, part, model):
    """A function that gives PDJ of the stage as it is, on held-out people."""
    split = validation_split(plan.data)
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
    split = validation_split(plan.data)
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


def claim_run_dir(plan: Plan, flags_text: str):
    """Makes the run folder, or checks that it holds this very stage.

    Raises:
        InputError: another stage lies there, or the one before does not fit.
    """
    if plan.previous:
        _check_previous(plan)
    path = plan.run_dir / "stage.json"
    if path.exists() and stages.load_spec(plan.run_dir) != plan.spec:
        raise errors.InputError(
            f"{path}: another stage than the flags describe; choose another "
            "--run_dir, or delete that folder to train anew"
        )
    plan.run_dir.mkdir(parents=True, exist_ok=True)
    stages.save_spec(plan.spec, plan.run_dir)
    (plan.run_dir / "flags.cfg").write_text(flags_text)


def drop_empty_run_dir(run_dir: pathlib.Path):
    """Removes a run folder in which no training got as far as weights."""
    if not any(run_dir.rglob("last.weights.h5")):
        shutil.rmtree(run_dir, ignore_errors=True)


def _check_previous(plan):
    spec, before = plan.spec, stages.load_spec(plan.previous)
    if before.stage != spec.stage - 1:
        raise errors.InputError(
            f"--previous={plan.previous}: holds stage {before.stage}, stage "
            f"{spec.stage} refines stage {spec.stage - 1}"
        )
    if before.skeleton != spec.skeleton:
        raise errors.InputError(
            f"--previous={plan.previous}: skeleton {before.skeleton.name}, "
            f"--data_dir={plan.data.path} has {spec.skeleton.name}; both must "
            "be the same"
        )
