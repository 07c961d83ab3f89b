"""Optimizers and their learning rate over time."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from deeppose_tf.options import option

OPTIMIZERS = ("adagrad", "adamw", "sgd")


@dataclasses.dataclass(frozen=True)
class OptimizerOptions:
    """How weights are updated."""

    optimizer: str = option(
        "adagrad",
        "Optimizer of all weights.",
        choices=OPTIMIZERS,
        kept=True,
    )
    learning_rate: float = option(
        0.0005, "Learning rate at its highest, after the warm-up.", low=0.0
    )
    accumulator: float = option(
        1e-4,
        "First value of adagrad's accumulator; Keras's 0.1 makes the paper's "
        "learning rate almost inert.",
    )
    weight_decay: float = option(1e-4, "Weight decay of adamw.")
    decay: str = option(
        "constant",
        "How the learning rate goes on after the warm-up.",
        choices=["constant", "cosine"],
    )
    warmup_steps: int = option(
        0, "Steps over which the learning rate rises.", low=0
    )
    trunk_rate_scale: float | None = option(
        None,
        "Factor of the learning rate of the network before the head.",
        low=0.0,
        kept=True,
    )


def build(options: OptimizerOptions, steps: int) -> keras.optimizers.Optimizer:
    """A new optimizer for a training of `steps` steps."""
    rate = Rate(options, steps)
    if options.optimizer == "adagrad":
        return keras.optimizers.Adagrad(
            rate, initial_accumulator_value=options.accumulator
        )
    if options.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=0.9)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=options.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def build_split(
    options: OptimizerOptions, steps: int, trunk: keras.Model, freeze_steps: int
) -> "Split":
    """Like `build`, with a learning rate for the trunk, which may start late.

    Args:
        options: of both optimizers, but for the trunk's rate.
        steps: of the training.
        trunk: the network before the head.
        freeze_steps: steps at the start in which the trunk is not trained.
    """
    scale = options.trunk_rate_scale
    of_trunk = dataclasses.replace(
        options,
        learning_rate=options.learning_rate * (1.0 if scale is None else scale),
    )
    return Split(
        build(of_trunk, steps - freeze_steps), build(options, steps), trunk
    )


class Split(tf.Module):
    """Two optimizers that act as one: of a trunk, and of all other weights.

    The trunk's counts only the steps in which the trunk was trained. Keras 3
    has no optimizer of several parts.
    """

    def __init__(self, of_trunk, of_others, trunk: keras.Model):
        """Remembers which weights are the trunk's."""
        super().__init__()
        self._of_trunk, self._of_others = of_trunk, of_others
        self._trunk = {id(weight) for weight in trunk.trainable_variables}

    @property
    def learning_rate(self):
        """Of the weights outside the trunk."""
        return self._of_others.learning_rate

    def build(self, variables):
        """Makes both optimizers' variables."""
        for optimizer, indices in self._owners(variables):
            optimizer.build([variables[i] for i in indices])

    def apply(self, gradients, variables):
        """Updates variables; the trunk's may be left out."""
        for optimizer, indices in self._owners(variables):
            optimizer.apply(
                [gradients[i] for i in indices],
                [variables[i] for i in indices],
            )

    def _owners(self, variables):
        for optimizer, trunk in (
            (self._of_trunk, True),
            (self._of_others, False),
        ):
            indices = [
                i
                for i, variable in enumerate(variables)
                if (id(variable) in self._trunk) == trunk
            ]
            if indices:
                yield optimizer, indices


class Rate(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rate at a step: warm-up, then constant or cosine.

    Not keras's CosineDecay: its warm-up starts at 0, so that the first step is
    lost, and it has no constant rate after a warm-up.
    """

    def __init__(self, options: OptimizerOptions, steps: int):
        """Keeps the options, for a training of `steps` steps."""
        super().__init__()
        self._options, self._steps = options, steps

    def __call__(self, step):
        """float32 []."""
        options, ops = self._options, keras.ops
        step = ops.cast(step, "float32")
        rate = ops.minimum(1.0, (step + 1.0) / max(1, options.warmup_steps))
        if options.decay == "cosine":
            done = (step - options.warmup_steps) / max(
                1, self._steps - options.warmup_steps
            )
            rate *= 0.5 + 0.5 * ops.cos(np.pi * ops.clip(done, 0.0, 1.0))
        return options.learning_rate * rate

    def get_config(self):
        """For Keras; a run rebuilds its schedule from its flags."""
        return {"options": self._options, "steps": self._steps}
