"""Optimizers and their learning rate over time."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

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
        trunk_rate_scale: factor of the rate of the network before the head,
            None for the same rate everywhere.
    """

    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    decay: str = "cosine"
    warmup_steps: int = 0
    weight_decay: float = 1e-4
    accumulator: float = 1e-4
    trunk_rate_scale: float | None = None


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


def build_split(
    recipe: Recipe, steps: int, trunk: keras.Model, freeze_steps: int
) -> "Split":
    """Like `build`; the trunk's rate is its own, and starts after a freeze."""
    scale = recipe.trunk_rate_scale
    of_trunk = dataclasses.replace(
        recipe,
        learning_rate=recipe.learning_rate * (1.0 if scale is None else scale),
    )
    return Split(
        build(of_trunk, steps - freeze_steps), build(recipe, steps), trunk
    )


class Split(tf.Module):
    """Two optimizers that pass for one: of a trunk, and of all other weights.

    That of the trunk counts only steps in which the trunk was trained.
    """

    def __init__(self, of_trunk, of_others, trunk: keras.Model):
        """Remembers which weights are the trunk's."""
        super().__init__()
        self._of_trunk, self._of_others = of_trunk, of_others
        self._trunk = {id(weight) for weight in trunk.trainable_variables}

    @property
    def learning_rate(self):
        """Of the weights that are not the trunk's."""
        return self._of_others.learning_rate

    def build(self, variables):
        """Makes both optimizers' variables."""
        for optimizer, own in self._owners(variables):
            optimizer.build([variables[i] for i in own])

    def apply(self, gradients, variables):
        """Updates variables, of which the trunk's may be left out."""
        for optimizer, own in self._owners(variables):
            optimizer.apply(
                [gradients[i] for i in own], [variables[i] for i in own]
            )

    def _owners(self, variables):
        for optimizer, trunk in (
            (self._of_trunk, True),
            (self._of_others, False),
        ):
            own = [
                i
                for i, variable in enumerate(variables)
                if (id(variable) in self._trunk) == trunk
            ]
            if own:
                yield optimizer, own


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
