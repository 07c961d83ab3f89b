"""Trains a stage: its networks one after the other."""

import pathlib

import keras
from absl import logging

from deeppose_tf import errors
from deeppose_tf.data import person_records
from deeppose_tf.examples import service_processes
from deeppose_tf.models import run_paths
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.models import trained_stages
from deeppose_tf.runs import teachers
from deeppose_tf.runs import training_batches
from deeppose_tf.runs import warm_starts
from deeppose_tf.runs.jobs import Job
from deeppose_tf.runs.plan import Plan
from deeppose_tf.runs.validation import StageValidation
from deeppose_tf.training import freezing
from deeppose_tf.training import optimizers
from deeppose_tf.training import train_step
from deeppose_tf.training import trainer

# Box sides; people's joints lie within one, and labels hardly beyond two.
_ABSURD = 5.0


def train_part(job: Job, part: str) -> bool:
    """Trains one network of the stage; False if it was finished before."""
    plan, strategy = job.plan, job.workers.strategy
    folder = run_paths.RunFolder(plan.run_dir).part(part)
    folder.path.mkdir(parents=True, exist_ok=True)
    model, optimizer, teacher = _start(plan, part, strategy)
    with strategy.scope():
        loss = plan.loss.on_joints()
    logging.info(
        "Stage %d, %s: %d parameters, %d replicas",
        plan.spec.stage,
        part,
        model.count_params(),
        strategy.num_replicas_in_sync,
    )
    try:
        with service_processes.failure_noticed(plan.tf_data_service):
            return trainer.fit(
                model,
                optimizer,
                loss=plan.loss.with_maps(loss, teacher),
                batches=training_batches.training(plan, part, job.workers),
                validation=StageValidation(
                    plan, part, model, loss, job.workers
                ),
                schedule=plan.schedule,
                run_dir=folder.path,
                workers=job.workers,
                is_remote=plan.tf_data_service is not None,
            )
    except train_step.Diverged as error:
        _raise_if_a_label_is_absurd(plan, error)
        raise


def _start(plan, part, strategy):
    """Network, optimizer and teacher, with the training's seed and numbers."""
    # Not 0: with that, tf.data's shuffle takes no seed out of a tensor.
    keras.utils.set_random_seed(1 + plan.seed)
    keras.mixed_precision.set_global_policy(plan.precision)
    with strategy.scope():
        model, trunk = _network(plan, part)
        freezing.freeze(trunk, _last_frozen(plan, trunk))
        optimizer = optimizers.build(plan.optimizer, plan.schedule.steps)
        teacher = _teacher(plan, model)
    keras.mixed_precision.set_global_policy("float32")
    return model, optimizer, teacher


def _raise_if_a_label_is_absurd(plan, error):
    person, reach = person_records.farthest(plan.data)
    if reach > _ABSURD:
        raise errors.InputError(
            f"{error}. Person {person} of {plan.data.path} has a joint "
            f"{reach:.3g} box sides from the middle of its box: look at it "
            "with python -m data_prep.validate"
        ) from error


def check(plan: Plan, part: str):
    """Raises InputError where a network cannot be built or learn as planned.

    Its weights are not looked for.
    """
    model, trunk = stages.build_with_trunk(plan.spec, part)
    _teacher(plan, model)
    freezing.freeze(trunk, _last_frozen(plan, trunk))


def _network(plan, part):
    """The network and its trunk, with the weights that training starts from."""
    spec, weights = plan.spec, plan.weights
    if weights in ("none", "imagenet"):
        known = None if weights == "none" else weights
        model, trunk = stages.build_with_trunk(spec, part, known)
    else:
        model, trunk = stages.build_with_trunk(spec, part)
        warm_starts.load(model, spec, part, pathlib.Path(weights))
    if spec.trunk == "stage1":
        first_dir = stage_specs.first_dir(spec, plan.run_dir)
        first = trained_stages.load(first_dir, stage_specs.load_spec(first_dir))
        trunk.set_weights(first.trunk.get_weights())
    return model, trunk


def _teacher(plan, model):
    if plan.loss.teacher is None:
        return None
    return teachers.load(plan.loss.teacher, plan.spec, model)


def _last_frozen(plan, trunk):
    return (
        trunk.layers[-1].name
        if plan.spec.trunk == "stage1"
        else plan.freeze_until
    )
