"""Trains a stage: its data, and its networks one after the other."""

import pathlib

import keras
import tensorflow as tf
from absl import logging

from deeppose_tf.models import cascade
from deeppose_tf.models import stages
from deeppose_tf.runs import stage_summaries
from deeppose_tf.runs import training_batches
from deeppose_tf.runs import validation
from deeppose_tf.runs import warm_starts
from deeppose_tf.runs.plan import Plan
from deeppose_tf.training import freezing
from deeppose_tf.training import losses
from deeppose_tf.training import map_loss
from deeppose_tf.training import optimizers
from deeppose_tf.training import trainer


def train_part(plan: Plan, part: str, strategy: tf.distribute.Strategy) -> bool:
    """Trains one network of the stage; False where it was finished before."""
    spec = plan.spec
    folder = cascade.part_dir(plan.run_dir, part)
    folder.mkdir(parents=True, exist_ok=True)
    # Not 0: with that, tf.data's shuffle takes no seed out of a tensor.
    keras.utils.set_random_seed(1 + plan.seed)
    keras.config.set_dtype_policy(plan.precision)
    with strategy.scope():
        model, trunk = _network(spec, part, plan.weights)
        learning = freezing.freeze(trunk, plan.freeze_until)
        optimizer = _optimizer(plan, trunk)
    keras.config.set_dtype_policy("float32")
    with strategy.scope():
        loss = losses.build(plan.loss)
    logging.info(
        "Stage %d, %s: %d parameters, %d replicas",
        *(spec.stage, part, model.count_params()),
        strategy.num_replicas_in_sync,
    )

    def prepare():
        stage_summaries.before(plan, part, folder)
        return validation.during_training(plan, part, model, loss)

    return trainer.fit(
        model,
        optimizer,
        loss=map_loss.WithMaps(loss, plan.map_weight)
        if plan.map_weight
        else loss,
        batches=training_batches.training(plan, part),
        prepare=prepare,
        schedule=plan.schedule,
        run_dir=folder,
        strategy=strategy,
        trunk=learning,
    )


def _network(spec, part, weights):
    """The network and its trunk, with the weights that training starts from."""
    if weights in (None, "imagenet"):
        return stages.build_with_trunk(spec, part, weights)
    model, trunk = stages.build_with_trunk(spec, part)
    warm_starts.load(model, spec, part, pathlib.Path(weights))
    return model, trunk


def _optimizer(plan, trunk):
    schedule = plan.schedule
    if plan.recipe.trunk_rate_scale is None and not schedule.freeze_steps:
        return optimizers.build(plan.recipe, schedule.steps)
    return optimizers.build_split(
        plan.recipe, schedule.steps, trunk, schedule.freeze_steps
    )
