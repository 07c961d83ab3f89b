"""A training of one stage, as data."""

import dataclasses
import pathlib

from deeppose_tf import options
from deeppose_tf.data.dataset import Dataset
from deeppose_tf.examples.example_options import ExampleOptions
from deeppose_tf.models import stage_specs
from deeppose_tf.options import Option
from deeppose_tf.options import option
from deeppose_tf.runs import teachers
from deeppose_tf.training.training_options import LossOptions
from deeppose_tf.training.training_options import OptimizerOptions
from deeppose_tf.training.training_options import Schedule


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """How a stage is trained, and where.

    Attributes:
        spec: what the stage is.
        data: whom it is trained on.
        run_dir: its run folder.
        examples: how training people become examples.
        loss: what is minimized.
        optimizer: how weights are updated.
        schedule: how long it trains, and how often it is evaluated.
    """

    spec: stage_specs.StageSpec
    data: Dataset
    run_dir: pathlib.Path
    examples: ExampleOptions
    loss: LossOptions
    optimizer: OptimizerOptions
    schedule: Schedule
    weights: str = option(
        "none",
        "Where training starts: none, imagenet, a .weights.h5 file of a run, "
        "MoveNet's .json file, or an exported cascade, e.g. "
        "saved_models/lsp_extended.",
    )
    freeze_until: str | None = option(
        None,
        "Name of a layer of the network up to which nothing learns, e.g. "
        "blocks_2_bn2 of efficientnet_lite0.",
        kept=True,
    )
    eval_persons: int | None = option(
        None, "Validation persons at most; default all.", low=1
    )
    precision: str = option(
        "float32",
        "Number format of the training.",
        choices=["float32", "mixed_bfloat16"],
    )
    seed: int = option(
        0, "Seed of all random numbers of the training.", low=0, kept=True
    )
    tf_data_service: str | None = option(
        None,
        "Address of a tf.data service that makes the training examples, e.g. "
        "grpc://host:5050; see python -m deeppose_tf.input_server.",
    )
    tensorboard_pictures: bool = option(
        True, "Show crops, charts and people in TensorBoard, not only metrics."
    )

    @property
    def previous(self) -> pathlib.Path | None:
        """Run folder of the stage before."""
        return stage_specs.previous_dir(self.spec, self.run_dir)

    @property
    def crops_of_a_person(self) -> int:
        """How many crops of a person follow each other in a batch."""
        if self.spec.refiner in ("shared", "per_joint"):
            return self.examples.crops_per_person
        return 1

    @property
    def options(self) -> dict[str, tuple[Option, object]]:
        """By flag, all options that matter for the stage, and their values."""
        parts = (
            self,
            self.spec,
            self.examples,
            self.examples.augmentation,
            self.loss,
            self.optimizer,
            self.schedule,
        )
        return {
            name: (option, getattr(part, name))
            for part in parts
            for name, (_, option) in options.fields(part).items()
            if self.spec.stage > 1 or not option.refinement
        }

    @property
    def kept(self) -> dict:
        """By flag, what must not change while a stopped training goes on.

        Steps, rates and augmentation may; with another seed, batch size or
        people it would be another run. What the stage is, is in stage.json.
        """
        values = {k: value for k, (o, value) in self.options.items() if o.kept}
        if self.loss.teacher is None:
            values.pop("teacher_weight")
        else:
            values["teacher"] = teachers.name(self.loss.teacher)
        return {"data_dir": self.data.split("train").digest} | values
