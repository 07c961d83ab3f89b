"""One update of the weights; a training that diverges is noticed."""

import math

import numpy as np
import tensorflow as tf

from deeppose_tf import errors

_ADVICE = (
    "lower --learning_rate or set --clip_norm, then start again; the last "
    "checkpoint is sound"
)


class Diverged(errors.InputError):
    """The loss is not a number."""


def make(model, optimizer, loss, schedule, strategy, average=None):
    """A function from a distributed batch to its mean loss; see `trainer.fit`.

    It trains what is trainable when it is first called, and what the loss
    learns along with the network.
    """
    outputs_of = loss.outputs_of(model)

    def gradients_of(crop, joints, labeled):
        with tf.GradientTape() as tape:
            outputs = outputs_of(crop, training=True)
            # The optimizer sums over replicas; dividing by the global batch
            # makes that sum the mean.
            losses = loss(outputs, joints, labeled)
            mean = tf.reduce_sum(losses) / schedule.batch_size
            total = mean + sum(model.losses) / strategy.num_replicas_in_sync
        return mean, tape.gradient(total, variables())

    if schedule.jit_compile:
        gradients_of = tf.function(gradients_of, jit_compile=True)

    def variables():
        return [*model.trainable_variables, *loss.trainable_variables]

    def replica_step(crop, joints, labeled):
        mean, gradients = gradients_of(crop, joints, labeled)
        if schedule.clip_norm is not None:
            gradients = _clip(gradients, schedule.clip_norm)
        optimizer.apply_gradients(zip(gradients, variables(), strict=True))
        return mean

    @tf.function
    def step(batch):
        means = strategy.run(replica_step, args=batch)
        if average is not None:
            average.update()
        return strategy.reduce(tf.distribute.ReduceOp.SUM, means, axis=None)

    return step


def _clip(gradients, norm):
    """Clips the gradient of the global batch, not that of one replica."""
    context = tf.distribute.get_replica_context()
    total = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
    clipped, _ = tf.clip_by_global_norm(total, norm)
    return [gradient / context.num_replicas_in_sync for gradient in clipped]


def finite(loss: tf.Tensor, step: int, learning_rate: float) -> float:
    """A step's loss; raises `Diverged` where it is no number."""
    value = float(loss)
    if not math.isfinite(value):
        raise Diverged(
            f"loss is {value} at step {step}, learning rate "
            f"{learning_rate:.3g}: {_ADVICE}"
        )
    return value


def finite_metrics(metrics: dict[str, dict[str, float]], step: int) -> dict:
    """The metrics of `Validation.evaluate`; InputError where one is none."""
    # An outlier's error may leave float32's range before any loss does.
    limit = float(np.finfo(np.float32).max)
    for people, values in metrics.items():
        for name, value in values.items():
            if not abs(value) < limit:
                raise errors.InputError(
                    f"{name} of the {people} people is {value:.3g} at step "
                    f"{step}: the training has diverged; {_ADVICE}"
                )
    return metrics
