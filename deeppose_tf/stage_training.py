"""Trains a stage: its data, and its networks one after the other."""

import keras
import tensorflow as tf
from absl import logging

from deeppose_tf import cascade
from deeppose_tf import displacements
from deeppose_tf import input_pipeline
from deeppose_tf import losses
from deeppose_tf import optimizers
from deeppose_tf import predictions
from deeppose_tf import refinement_pipeline
from deeppose_tf import stages
from deeppose_tf import starts
from deeppose_tf import trainer
from deeppose_tf import validation
from deeppose_tf.plans import Plan


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
        evaluate=validation.during_training(plan, part, model),
        schedule=plan.schedule,
        run_dir=folder,
        strategy=strategy,
    )


def _batches(plan, part):
    """A function from the step to start at to training batches."""
    common = dict(
        batch_size=plan.schedule.batch_size,
        seed=plan.seed,
        shuffle_buffer=plan.shuffle_buffer,
    )
    if plan.spec.stage == 1:
        return lambda step: input_pipeline.pose_batches(
            plan.data,
            image_size=plan.spec.image_size,
            how=plan.how,
            start_step=step,
            **common,
        )
    cropping = refinement_pipeline.Cropping(
        outputs=plan.spec.parts[part],
        sigma=plan.spec.sigma,
        image_size=plan.spec.image_size,
        crops_per_person=plan.crops_per_person,
        targets=plan.targets,
        how=plan.how,
    )
    where = _starts(plan)
    return lambda step: refinement_pipeline.refinement_batches(
        plan.data, where, cropping, start_step=step, **common
    )


def _starts(plan):
    skeleton = plan.spec.skeleton
    if plan.crops_from == "gaussian":
        statistics = displacements.load(
            plan.previous / "displacements.json", skeleton.joints
        )
        return starts.gaussian(statistics, skeleton)
    found = predictions.of_training_people(plan.previous, plan.data)
    return starts.predicted(found.person_ids, found.joints, skeleton)
