"""Optimizers and their learning rate over time."""

import dataclasses

import keras
import numpy as np

from deeppose_tf.networks import either_keras
from deeppose_tf.training import addons
from deeppose_tf.training.training_options import OptimizerOptions

# Weights that do not decay: biases, and those of normalizations.
_NO_DECAY = ["bias", "gamma", "beta"]


def build(options: OptimizerOptions, steps: int) -> keras.optimizers.Optimizer:
    """A new optimizer for a training of `steps` steps."""
    rate = Rate(options, steps)
    if options.optimizer == "adagrad":
        return keras.optimizers.Adagrad(
            rate, initial_accumulator_value=options.accumulator
        )
    if options.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=0.9)
    if options.optimizer.startswith(addons.PREFIX):
        return addons.build(
            options.optimizer, rate, options.weight_decay, _NO_DECAY
        )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=options.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=_NO_DECAY)
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
        options, ops = self._options, either_keras.ops
        step = ops.cast(step, "float32")
        rate = ops.minimum(1.0, (step + 1.0) / max(1, options.warmup_steps))
        if options.decay == "cosine":
            done = (step - options.warmup_steps) / max(
                1, self._steps - options.warmup_steps
            )
            rate *= 0.5 + 0.5 * ops.cos(np.pi * ops.clip(done, 0.0, 1.0))
        return options.learning_rate * rate

    def times(self, factor: float) -> "Rate":
        """This schedule, scaled."""
        scaled = self._options.learning_rate * factor
        options = dataclasses.replace(self._options, learning_rate=scaled)
        return Rate(options, self._steps)

    def get_config(self):
        """For Keras; a run rebuilds its schedule from its flags."""
        return {"options": self._options, "steps": self._steps}
