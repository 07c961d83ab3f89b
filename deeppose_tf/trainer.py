"""The one training loop.

It knows nothing of stages: a model, batches of `(crop, joints, labeled)`, a
loss and a function that evaluates. A run that is stopped goes on from its last
evaluation and ends as an unbroken one would.
"""

import dataclasses
import math
import pathlib
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from absl import logging

from deeppose_tf import checkpoints
from deeppose_tf import errors
from deeppose_tf import progress
from deeppose_tf import summaries

_ADVICE = (
    "lower --learning_rate or set --clip_norm, then start again; the last "
    "checkpoint is sound"
)


@dataclasses.dataclass(frozen=True)
class Schedule:
    """How long, and how often what.

    Attributes:
        steps: in all.
        batch_size: global, over all replicas.
        eval_every: steps between evaluations, which also save the state.
        clip_norm: global norm that gradients are clipped to, None for not.
        log_every: steps between lines of the log.
    """

    steps: int
    batch_size: int
    eval_every: int
    clip_norm: float | None = None
    log_every: int = 50


def fit(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    *,
    loss: Callable,
    batches: Callable[[int], tf.data.Dataset],
    prepare: Callable[[], Callable[[], dict[str, dict[str, float]]]],
    schedule: Schedule,
    run_dir: pathlib.Path,
    strategy: tf.distribute.Strategy,
) -> bool:
    """Trains, and leaves best.weights.h5 and last.weights.h5 in run_dir.

    Args:
        model: crops -> joints, made in the strategy's scope.
        optimizer: made in the strategy's scope.
        loss: see losses.py.
        batches: from the number of steps already done to endless batches.
        prepare: called once, if there is a step to do; gives a function that
            evaluates: figures by name of the "validation" people, whose highest
            "score" makes the best weights, and perhaps of the "train" people.
        schedule: lengths.
        run_dir: weights, checkpoints and TensorBoard's files go there.
        strategy: replicas.

    Returns:
        Whether there was a step to do.

    Raises:
        InputError: the loss, a weight or a figure is not a number.
    """
    saver = checkpoints.Saver(model, optimizer, run_dir, strategy)
    start = saver.restore()
    if start >= schedule.steps:
        return False
    evaluate = prepare()
    step_of = make_step(model, optimizer, loss, schedule, strategy)
    iterator = iter(strategy.experimental_distribute_dataset(batches(start)))
    log = _Log(run_dir, start, schedule)
    for step in range(start + 1, schedule.steps + 1):
        rate = float(optimizer.learning_rate)
        log.step(step, _finite(step_of(next(iterator)), step, rate), rate)
        if step % schedule.eval_every == 0 or step == schedule.steps:
            speed = log.speed(step)
            figures = _sound(evaluate(), step)
            log.evaluation(step, rate, speed, figures)
            saver.save(step, figures["validation"]["score"])
    log.close()
    return True


def make_step(model, optimizer, loss, schedule, strategy):
    """One update: a function from a distributed batch to its mean loss."""

    def replica_step(crop, joints, labeled):
        with tf.GradientTape() as tape:
            each = loss(model(crop, training=True), joints, labeled)
            # The optimizer sums over replicas; dividing by the global batch
            # makes that sum the mean.
            mean = tf.reduce_sum(each) / schedule.batch_size
            total = mean + sum(model.losses) / strategy.num_replicas_in_sync
        gradients = tape.gradient(total, model.trainable_variables)
        if schedule.clip_norm is not None:
            gradients = _clip(gradients, schedule.clip_norm)
        optimizer.apply(gradients, model.trainable_variables)
        return mean

    @tf.function
    def step(batch):
        means = strategy.run(replica_step, args=batch)
        return strategy.reduce(tf.distribute.ReduceOp.SUM, means, axis=None)

    return step


def _clip(gradients, norm):
    """Clips the gradient of the global batch, not that of one replica."""
    context = tf.distribute.get_replica_context()
    total = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
    clipped, _ = tf.clip_by_global_norm(total, norm)
    return [gradient / context.num_replicas_in_sync for gradient in clipped]


def _sound(figures, step):
    # An outlier's error may leave float32's range before any loss does.
    limit = float(np.finfo(np.float32).max)
    for people, values in figures.items():
        for name, value in values.items():
            if not abs(value) < limit:
                raise errors.InputError(
                    f"{name} of the {people} people is {value:.3g} at step "
                    f"{step}: the training has diverged; {_ADVICE}"
                )
    return figures


def _finite(loss, step, learning_rate):
    value = float(loss)
    if not math.isfinite(value):
        raise errors.InputError(
            f"loss is {value} at step {step}, learning rate "
            f"{learning_rate:.3g}: {_ADVICE}"
        )
    return value


class _Log:
    """What is told of a training: a line now and then, and TensorBoard."""

    def __init__(self, run_dir, start, schedule):
        self._writers = summaries.Writers(run_dir)
        self._batch_size = schedule.batch_size
        self._bar = progress.Progress(
            start, schedule.steps, schedule.batch_size, schedule.log_every
        )
        self._recent = []
        self._clock = (start, time.monotonic())

    def step(self, step, loss, rate):
        self._recent.append(loss)
        self._bar.update(step, loss, rate)

    def speed(self, step):
        """Examples a second since the last evaluation."""
        first, begin = self._clock
        seconds = max(time.monotonic() - begin, 1e-6)
        return (step - first) * self._batch_size / seconds

    def evaluation(self, step, rate, speed, figures):
        training = {
            "loss": sum(self._recent) / len(self._recent),
            "learning_rate": rate,
            "examples_per_second": speed,
            **figures.get("train", {}),
        }
        self._recent = []
        self._writers.write("train", step, training)
        self._writers.write("validation", step, figures["validation"])
        words = " ".join(
            f"{name} {figures['validation'][name]:.4f}"
            for name in ("score", "loss", "pdj@0.1", "pdj@0.2", "pdj@0.5")
            if name in figures["validation"]
        )
        logging.info("step %d validation %s", step, words)
        self._clock = (step, time.monotonic())

    def close(self):
        self._bar.close()
