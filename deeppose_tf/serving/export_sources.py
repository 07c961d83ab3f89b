"""What is exported: the cascade of a run folder, or of another export."""

import dataclasses
import pathlib

from deeppose_tf.data.dataset import Dataset
from deeppose_tf.models import cascade
from deeppose_tf.models import confidence
from deeppose_tf.models import run_paths
from deeppose_tf.models import stage_specs
from deeppose_tf.serving import code_version
from deeppose_tf.serving import exported_weights
from deeppose_tf.serving import interface
from deeppose_tf.serving import metadata
from deeppose_tf.storage import digests
from deeppose_tf.storage import json_files

_DELETE = "delete it, and the export does without its figures"


@dataclasses.dataclass(frozen=True)
class Source:
    """A cascade, and what users of its exports must know.

    Attributes:
        model: the cascade.
        scores: confidence of its last stage.
        training_data: "name", and "box": the rule of its people's boxes.
        validation: PDJ@0.2 of each stage on validation people, None where
            unknown.
        flip_average: whether its exports average over mirror images, unless
            they are told otherwise.
    """

    model: cascade.Cascade
    scores: confidence.Confidence
    training_data: dict
    validation: list[float | None]
    flip_average: bool = False

    @property
    def skeleton(self):
        """Of the joints."""
        return self.model.stages[0].spec.skeleton

    def looking(self, count: int) -> "Source":
        """The same with a stage 1 that looks so many times.

        The second look's box is as the training people's; see
        `cascade.Looks`.
        """
        rule = self.training_data["box"]
        looks = cascade.Looks(count=count, square=rule["square"])
        if rule["kind"] == "joints":
            looks = looks._replace(scale=rule["scale"])
        model = cascade.Cascade(self.model.stages, looks)
        return dataclasses.replace(self, model=model)

    def metadata(self, dtype: str) -> dict:
        """For deeppose.json; `dtype` is how kernels are stored."""
        return {
            "skeleton": self.skeleton.to_json(),
            "stages": [_described(stage) for stage in self.model.stages],
            "training_data": self.training_data,
            "validation_pdj@0.2": self.validation,
            "scores": self.scores.describe(self.skeleton.joints),
            "looks": self.model.looks._asdict(),
            "dtype": dtype,
            "commit": code_version.commit(),
            "persons_per_pass": interface.PERSONS_PER_PASS,
            "units": "joints and boxes in pixels of the image as stored",
        }


def of_run(run_dir: pathlib.Path, data: Dataset) -> Source:
    """The cascade that ends with a run folder; it looks once.

    Args:
        run_dir: of the last stage.
        data: what it was trained on.

    Raises:
        InputError: a stage is missing or damaged.
    """
    model = cascade.load(run_dir)
    joints = model.stages[0].spec.skeleton.joints
    return Source(
        model,
        confidence.load(run_dir, joints),
        {"name": data.name, "box": data.box},
        _validation(run_dir),
    ).looking(1)


def of_export(version: pathlib.Path) -> Source:
    """The cascade of a SavedModel, as it was exported.

    Kernels that were stored as float16 stay rounded.

    Args:
        version: saved_models/NAME/VERSION.

    Raises:
        InputError: it is damaged, or an earlier version wrote it.
    """
    card = version / interface.METADATA
    stages = exported_weights.load_stages(version)
    values = metadata.load(card)
    wanted = {"scores": dict, "looks": dict}
    json_files.expect(card, values, wanted, metadata.HINT)
    with json_files.parsing(card, metadata.HINT):
        looks = cascade.Looks(**values["looks"])
    joints = stages[0].spec.skeleton.joints
    return Source(
        cascade.Cascade(cascade.joined(stages), looks),
        confidence.from_json(card, values["scores"], joints, metadata.HINT),
        values["training_data"],
        values.get("validation_pdj@0.2", [None] * len(stages)),
        values.get("flip_average", False),
    )


def _described(stage):
    """A stage's options, and how many weights its networks have."""
    options = dataclasses.asdict(stage.spec)
    # The skeleton is everybody's, and run folders stay at home.
    del options["skeleton"], options["previous"]
    return options | {"weights": exported_weights.counts(stage)}


def _validation(run_dir):
    """PDJ@0.2 of each stage on validation people, None where unknown."""
    spec = stage_specs.load_spec(run_dir)
    path = run_paths.RunFolder(run_dir).metrics
    metrics = digests.load(path, _DELETE) if path.exists() else {}
    with json_files.parsing(path, _DELETE):
        figures = metrics.get("validation", {}).get("figures", {})
        figure = figures.get("pdj@0.2")
        if figure is not None and not json_files.is_number(figure):
            raise ValueError(f"PDJ@0.2 is {figure!r}")
    previous = stage_specs.previous_dir(spec, run_dir)
    before = _validation(previous) if previous else []
    return [*before, figure]
