"""Optimizers and their learning rate over time."""

import dataclasses

import keras
import numpy as np

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
