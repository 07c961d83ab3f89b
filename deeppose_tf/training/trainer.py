"""The one training loop.

It knows nothing of stages: a model, batches of `(crop, joints, labeled)`, a
loss and a validation. A run that is stopped goes on from its last evaluation
and ends as an unbroken one would.
"""

import math
import pathlib
from collections.abc import Callable
from typing import Protocol

import keras
import numpy as np
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf.training import checkpoints
from deeppose_tf.training import losses
from deeppose_tf.training import stops
from deeppose_tf.training import train_step
from deeppose_tf.training import training_log
from deeppose_tf.training import weight_averages
from deeppose_tf.training.training_options import Schedule

_ADVICE = (
    "lower --learning_rate or set --clip_norm, then start again; the last "
    "checkpoint is sound"
)


class Diverged(errors.InputError):
    """The loss is not a number."""


class Validation(Protocol):
    """What `fit` evaluates with."""

    def start(self):
        """Prepares; called once, and only if there is a step to do."""

    def evaluate(self) -> dict[str, dict[str, float]]:
        """Metrics by name of the "validation" people, perhaps of the "train".

        The highest "score" of the validation people makes the best weights.
        """


def fit(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    *,
    loss: losses.Loss,
    batches: Callable[[int], tf.data.Dataset],
    validation: Validation,
    schedule: Schedule,
    run_dir: pathlib.Path,
    strategy: tf.distribute.Strategy,
) -> bool:
    """Trains, and leaves best.weights.h5 and last.weights.h5 in run_dir.

    Args:
        model: crops -> what the loss takes, made in the strategy's scope.
        optimizer: made in the strategy's scope; see optimizers.py.
        loss: its own weights are trained and in the checkpoints, but in no
            weights file and no average.
        batches: from the number of steps already done to endless batches.
        validation: evaluates the model as it is.
        schedule: lengths.
        run_dir: for weights, checkpoints and TensorBoard's files.
        strategy: replicas.

    Returns:
        Whether there was a step to do.

    Raises:
        InputError: the loss, a weight or a metric is not a number; or what
            `Saver.restore` finds is damaged.
        SystemExit: a signal has ended it; its state is saved.
    """
    average = weight_averages.start(model, schedule.weight_average, strategy)
    saver = checkpoints.Saver(
        model, optimizer, loss, run_dir, strategy, average
    )
    start = saver.restore()
    if start >= schedule.steps:
        return False
    validation.start()
    update = train_step.make(
        model, optimizer, loss, schedule, strategy, average
    )
    iterator = iter(strategy.experimental_distribute_dataset(batches(start)))
    log = training_log.Log(run_dir, start, schedule)
    with stops.deferred() as stop:
        for step in range(start + 1, schedule.steps + 1):
            rate = float(optimizer.learning_rate)
            log.step(step, _finite(update(next(iterator)), step, rate), rate)
            if step % schedule.eval_every == 0 or step == schedule.steps:
                speed = log.speed(step)
                with weight_averages.in_place(model, average):
                    metrics = _sound(validation.evaluate(), step)
                    saver.save_weights(step, metrics["validation"]["score"])
                log.evaluation(step, rate, speed, metrics)
                saver.save_state(step)
            elif stop or saver.minutes() > schedule.checkpoint_minutes:
                saver.save_state(step)
            if stop:
                stop.end(f"at step {step}")
    log.close()
    return True


def _sound(metrics, step):
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


def _finite(loss, step, learning_rate):
    value = float(loss)
    if not math.isfinite(value):
        raise Diverged(
            f"loss is {value} at step {step}, learning rate "
            f"{learning_rate:.3g}: {_ADVICE}"
        )
    return value
