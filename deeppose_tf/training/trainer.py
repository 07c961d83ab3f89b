"""The one training loop.

It knows nothing of stages: a model, batches of `(crop, joints, labeled)`, a
loss and a validation. A run that is stopped goes on from its last checkpoint
and ends as an unbroken one would.
"""

import contextlib
import dataclasses
import pathlib
import time
from collections.abc import Callable
from typing import Protocol

import keras
import tensorflow as tf
from absl import logging

from deeppose_tf.losses import joint_losses
from deeppose_tf.models import run_paths
from deeppose_tf.networks import either_keras
from deeppose_tf.training import checkpoints
from deeppose_tf.training import profiling
from deeppose_tf.training import stops
from deeppose_tf.training import train_step
from deeppose_tf.training import training_log
from deeppose_tf.training import weight_averages
from deeppose_tf.training.training_options import Schedule
from deeppose_tf.training.workers import Workers


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
    loss: joint_losses.Loss,
    batches: Callable[[int], tf.data.Dataset],
    validation: Validation,
    schedule: Schedule,
    run_dir: pathlib.Path,
    workers: Workers,
    is_remote: bool = False,
) -> bool:
    """Trains, and leaves best.weights.h5 and last.weights.h5 in run_dir.

    Args:
        model: crops -> what the loss takes, made in the strategy's scope.
        optimizer: made in the strategy's scope; see optimizers.py.
        loss: its own weights are trained and in the checkpoints, but in no
            weights file and no average.
        batches: from the number of steps already done to endless batches,
            each with this process's part of a step's examples.
        validation: evaluates the model as it is.
        schedule: lengths.
        run_dir: for weights, checkpoints and TensorBoard's files.
        workers: who train together, with the strategy of their replicas.
        is_remote: whether other machines make the batches, and may be gone;
            signals are heard then while a batch is waited for.

    Returns:
        Whether there was a step to do.

    Raises:
        InputError: the loss, a weight or a metric is not a number; or what
            `Saver.restore` finds is damaged.
        SystemExit: a signal has ended it; its state is saved.
    """
    strategy = workers.strategy
    average = weight_averages.start(model, schedule.weight_average, strategy)
    saver = checkpoints.Saver(
        model,
        optimizer,
        loss,
        run_dir,
        strategy,
        averages=average,
        patience=schedule.patience,
    )
    start = saver.restore()
    if start >= schedule.steps or saver.is_out_of_patience():
        return False
    validation.start()
    loop = _Loop(
        model=model,
        optimizer=optimizer,
        update=train_step.make(
            model, optimizer, loss, schedule, strategy, average
        ),
        validation=validation,
        schedule=schedule,
        average=average,
        saver=saver,
        log=training_log.Log(run_dir, start, schedule),
        profiler=profiling.Profiler(
            schedule.profiled(),
            run_paths.RunFolder(run_dir).tensorboard("train"),
        ),
        workers=workers,
    )
    dataset = strategy.distribute_datasets_from_function(
        lambda context: _for_replicas(batches(start), schedule, workers)
    )
    with stops.deferred() as stop, contextlib.closing(loop.profiler):
        iterator = iter(dataset)
        if is_remote:
            iterator = stop.heard_between(iterator)
        loop.run(start, iterator, stop)
    return True


def _for_replicas(batches, schedule, workers):
    """A process's batches, a part for each of its replicas in turn."""
    replicas = workers.strategy.num_replicas_in_sync
    if replicas == workers.share.of:
        return batches  # One in each process.
    return batches.rebatch(schedule.batch_size // replicas)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Loop:
    """Steps and evaluations of one training; see `fit`."""

    model: keras.Model
    optimizer: keras.optimizers.Optimizer
    update: Callable
    validation: Validation
    schedule: Schedule
    average: weight_averages.Averages | None
    saver: checkpoints.Saver
    log: training_log.Log
    profiler: profiling.Profiler
    workers: Workers

    def run(self, start, iterator, stop):
        """Trains from a step on, to the end or until a signal has come."""
        schedule, saver = self.schedule, self.saver
        for step in range(start + 1, schedule.steps + 1):
            rate = either_keras.learning_rate(self.optimizer)
            with self.profiler.step(step):
                begin = time.monotonic()
                batch = next(iterator, None)
                if batch is None:
                    self._end_without_input(step - 1, stop)
                waited = time.monotonic() - begin
                loss = train_step.finite(self.update(batch), step, rate)
            self.log.step(step, loss, rate, waited)
            is_evaluated = schedule.is_evaluated(step)
            if is_evaluated:
                self._evaluate(step)
            # Their clocks differ, and all must save at the same step.
            ends, is_due = self.workers.any_of(
                bool(stop), saver.minutes() > schedule.checkpoint_minutes
            )
            if is_evaluated or ends or is_due:
                self._save(step)
            if ends:
                self.workers.wait()  # Until all have saved it.
                stop.end(step)
            if saver.is_out_of_patience():
                logging.info(
                    "No better score in %d evaluations: the training ends",
                    schedule.patience,
                )
                break
        self.log.close()

    def _end_without_input(self, step, stop):
        # Other workers wait too, or for this one: nothing can be agreed on.
        is_alone = self.workers.share.of == 1
        if is_alone:
            self._save(step)
        stop.end(step, is_saved=is_alone)

    def _evaluate(self, step):
        speed = self.log.speed(step)
        with weight_averages.in_place(self.model, self.average):
            metrics = train_step.finite_metrics(
                self.validation.evaluate(), step
            )
            self.saver.save_weights(step, metrics["validation"]["score"])
        self.log.evaluation(step, speed, metrics)

    def _save(self, step):
        # A resumed training shows what comes after its checkpoint again, and
        # nothing of what came before.
        self.log.flush()
        self.saver.save_state(step)
