"""The one training loop.

It knows nothing of stages: a model, batches of `(crop, joints, labeled)`, a
loss and a function that evaluates. A run that is stopped goes on from its last
evaluation and ends as an unbroken one would.
"""

import dataclasses
import math
import pathlib
from collections.abc import Callable
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf.training import checkpoints
from deeppose_tf.training import train_step
from deeppose_tf.training import training_log
from deeppose_tf.training import weight_averages

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
        freeze_steps: at the start, in which the trunk stays as it is.
        weight_average: share of the running average of weights that a step
            keeps; the average is what is judged and saved. None for the
            weights themselves.
    """

    steps: int
    batch_size: int
    eval_every: int
    clip_norm: float | None = None
    log_every: int = 50
    freeze_steps: int = 0
    weight_average: float | None = None


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
    trunk: Sequence[keras.Layer] = (),
) -> bool:
    """Trains, and leaves best.weights.h5 and last.weights.h5 in run_dir.

    Args:
        model: crops -> what the loss takes, made in the strategy's scope.
        optimizer: made in the strategy's scope; see optimizers.py.
        loss: see losses.py; what it learns along is trained and kept in the
            checkpoints, but is part of no weights file and no average.
        batches: from the number of steps already done to endless batches.
        prepare: called once, if there is a step to do; gives a function that
            evaluates: figures by name of the "validation" people, whose highest
            "score" makes the best weights, and perhaps of the "train" people.
        schedule: lengths.
        run_dir: weights, checkpoints and TensorBoard's files go there.
        strategy: replicas.
        trunk: the layers that a freeze is for.

    Returns:
        Whether there was a step to do.

    Raises:
        InputError: the loss, a weight or a figure is not a number.
    """
    average = None
    if schedule.weight_average is not None:
        average = weight_averages.Averages(
            model, schedule.weight_average, strategy
        )
    saver = checkpoints.Saver(
        model, optimizer, loss, run_dir, strategy, average
    )
    start = saver.restore()
    if start >= schedule.steps:
        return False
    evaluate = prepare()
    iterator = iter(strategy.experimental_distribute_dataset(batches(start)))
    log = training_log.Log(run_dir, start, schedule)
    for step in range(start + 1, schedule.steps + 1):
        if step in (start + 1, schedule.freeze_steps + 1):
            # What is frozen is settled when the update is traced.
            for layer in trunk:
                layer.trainable = step > schedule.freeze_steps
            update = train_step.make(
                model, optimizer, loss, schedule, strategy, average
            )
        rate = float(optimizer.learning_rate)
        log.step(step, _finite(update(next(iterator)), step, rate), rate)
        if step % schedule.eval_every == 0 or step == schedule.steps:
            speed = log.speed(step)
            with weight_averages.in_place(model, average):
                figures = _sound(evaluate(), step)
                saver.save_weights(step, figures["validation"]["score"])
            log.evaluation(step, rate, speed, figures)
            saver.save_state(step)
    log.close()
    return True


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
