"""Optimizers and their learning rate over time."""

import dataclasses

import keras
import numpy as np

OPTIMIZERS = ("adagrad", "adamw", "sgd")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How weights are updated.

    Attributes:
        optimizer: one of `OPTIMIZERS`.
        learning_rate: at its highest.
        decay: "constant", or "cosine" down to nothing at the last step.
        warmup_steps: over which the rate rises from nothing.
        weight_decay: of adamw.
        accumulator: where adagrad's sums of squares start. Keras starts at 0.1,
            which makes the paper's rate almost inert.
    """

    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    decay: str = "cosine"
    warmup_steps: int = 0
    weight_decay: float = 1e-4
    accumulator: float = 1e-4


def build(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    """A new optimizer for a training of `steps` steps."""
    rate = Rate(recipe, steps)
    if recipe.optimizer == "adagrad":
        return keras.optimizers.Adagrad(
            rate, initial_accumulator_value=recipe.accumulator
        )
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=0.9)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


class Rate(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rate at a step: warm-up, then constant or cosine."""

    def __init__(self, recipe: Recipe, steps: int):
        """Keeps the recipe."""
        super().__init__()
        self._recipe, self._steps = recipe, steps

    def __call__(self, step):
        """float32 []."""
        recipe, ops = self._recipe, keras.ops
        step = ops.cast(step, "float32")
        rate = ops.minimum(1.0, (step + 1.0) / max(1, recipe.warmup_steps))
        if recipe.decay == "cosine":
            done = (step - recipe.warmup_steps) / max(
                1, self._steps - recipe.warmup_steps
            )
            rate *= 0.5 + 0.5 * ops.cos(np.pi * ops.clip(done, 0.0, 1.0))
        return recipe.learning_rate * rate

    def get_config(self):
        """For Keras; a run rebuilds its schedule from its flags."""
        return {"recipe": self._recipe, "steps": self._steps}
