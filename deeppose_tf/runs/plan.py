"""A training of one stage, as data."""

import dataclasses
import pathlib

from deeppose_tf.data import augment
from deeppose_tf.data.dataset import Dataset
from deeppose_tf.models import stages
from deeppose_tf.training import optimizers
from deeppose_tf.training import trainer


@dataclasses.dataclass(frozen=True)
class Plan:
    """How a stage is trained; see the flags of train.py."""

    spec: stages.StageSpec
    data: Dataset
    run_dir: pathlib.Path
    schedule: trainer.Schedule
    recipe: optimizers.Recipe
    how: augment.Augmentation
    weights: str | None = None
    freeze_until: str | None = None
    loss: str = "l2"
    map_weight: float = 0.0
    crops_from: str = "gaussian"
    crops_per_person: int = 4
    targets: str = "own"
    eval_persons: int | None = None
    shuffle_buffer: int = 8192
    precision: str = "float32"
    seed: int = 0

    @property
    def previous(self) -> pathlib.Path | None:
        """Run folder of the stage before."""
        return stages.previous_dir(self.spec, self.run_dir)

    @property
    def lasting(self) -> dict:
        """By flag, what must not change while a stopped run goes on.

        Steps, rates and augmentation may; with another seed, batch size or
        people it would be another run.
        """
        flags = {
            "data_dir": self.data.split("train").digest,
            "seed": self.seed,
            "batch_size": self.schedule.batch_size,
            "loss": self.loss,
            "optimizer": self.recipe.optimizer,
            # None where off, as in folders older than these flags.
            "map_weight": self.map_weight or None,
            "trunk_rate_scale": self.recipe.trunk_rate_scale,
            "freeze_steps": self.schedule.freeze_steps or None,
            "freeze_until": self.freeze_until,
            "weight_average": self.schedule.weight_average,
        }
        if self.spec.stage > 1:
            flags["crops_from"] = self.crops_from
            flags["crops_per_person"] = self.crops_per_person
            flags["targets"] = self.targets
        return flags

    @property
    def hparams(self) -> dict:
        """By flag, what one would vary to do better."""
        values = {
            "stage": self.spec.stage,
            "network": self.spec.network,
            "head": self.spec.head,
            "image_size": self.spec.image_size,
            "sigma": self.spec.sigma,
            "step_size": self.spec.step_size,
            "refiner": self.spec.refiner,
            "weights": self.weights or "none",
            "loss": self.loss,
            "map_weight": self.map_weight,
            "clip_norm": self.schedule.clip_norm,
            "steps": self.schedule.steps,
            "freeze_steps": self.schedule.freeze_steps,
            "freeze_until": self.freeze_until or "none",
            "weight_average": self.schedule.weight_average,
            "batch_size": self.schedule.batch_size,
            "precision": self.precision,
            "seed": self.seed,
            **dataclasses.asdict(self.recipe),
            **dataclasses.asdict(self.how),
        }
        if self.spec.stage > 1:
            values["crops_from"] = self.crops_from
            values["targets"] = self.targets
        return values
