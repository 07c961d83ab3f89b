"""The flags of train.py, and the plan that they describe."""

import os
import pathlib

from absl import flags

from deeppose_tf import errors
from deeppose_tf.data import dataset
from deeppose_tf.examples.example_options import Augmentation
from deeppose_tf.examples.example_options import ExampleOptions
from deeppose_tf.models import stage_specs
from deeppose_tf.runs import plan_checks
from deeppose_tf.runs.option_flags import OptionFlags
from deeppose_tf.runs.plan import Plan
from deeppose_tf.training.training_options import LossOptions
from deeppose_tf.training.training_options import OptimizerOptions
from deeppose_tf.training.training_options import Placement
from deeppose_tf.training.training_options import Schedule

# They belong to the program that defines them, whose --help shows them.
flags.disclaim_key_flags()


class TrainFlags:
    """The flags: folders, and an option of each part of a plan."""

    def __init__(
        self, values: flags.FlagValues = flags.FLAGS, required: bool = True
    ):
        """Defines them.

        Args:
            values: where they are defined.
            required: whether --data_dir and --run_dir must be given.
        """
        self._values, others = values, set(values)
        _define_folders(values)
        if required:
            flags.mark_flags_as_required(
                ["data_dir", "run_dir"], flag_values=values
            )
        flags.DEFINE_list(
            "joints",
            None,
            "per_joint: names of the joints to train; default all.",
            flag_values=values,
        )
        self._spec = OptionFlags(stage_specs.StageSpec, values)
        self._examples = OptionFlags(ExampleOptions, values)
        self._augmentation = OptionFlags(Augmentation, values)
        self._loss = OptionFlags(LossOptions, values)
        self._optimizer = OptionFlags(OptimizerOptions, values)
        self._schedule = OptionFlags(Schedule, values)
        self._placement = OptionFlags(Placement, values)
        self._rest = OptionFlags(Plan, values)
        self._names = set(values) - others

    @property
    def given(self) -> dict[str, str]:
        """Those of the command line by name, as "--name=value"."""
        return {
            name: self._values[name].serialize()
            for name in sorted(self._names)
            if self._values[name].present
        }

    @property
    def placement(self) -> Placement:
        """Where the training runs."""
        return self._placement.read()

    @property
    def export_dir(self) -> pathlib.Path:
        """Where the cascade is exported; by default named after the run."""
        if self._values.export_dir:
            return pathlib.Path(self._values.export_dir)
        return default_export_dir(pathlib.Path(self._values.run_dir))

    def plan(
        self,
        to_come: plan_checks.ToCome = plan_checks.NOTHING,
    ) -> Plan:
        """What the flags describe.

        Args:
            to_come: see `plan_checks.refuse`.

        Raises:
            InputError: they contradict each other, or there is no data set.
        """
        data = dataset.load(self._values.data_dir)
        data.split("train")
        loss = self._loss.read()
        plan = self._rest.read(
            spec=self._read_spec(data.skeleton, loss),
            data=data,
            run_dir=pathlib.Path(self._values.run_dir),
            examples=self._examples.read(
                augmentation=self._augmentation.read()
            ),
            loss=loss,
            optimizer=self._optimizer.read(),
            schedule=self._schedule.read(),
        )
        plan_checks.refuse(plan, to_come)
        return plan

    def parts(self, plan: Plan) -> list[str]:
        """The networks to train, keys of `StageSpec.parts`.

        Raises:
            InputError: --joints names others, or is of no use.
        """
        joints, parts = self._values.joints, plan.spec.parts
        if not joints:
            return list(parts)
        if plan.spec.refiner != "per_joint":
            raise errors.InputError(
                "--joints needs --refiner=per_joint and a stage from 2"
            )
        unknown = [name for name in joints if name not in parts]
        if unknown:
            raise errors.InputError(
                f"--joints={','.join(unknown)}: not among {', '.join(parts)}"
            )
        return joints

    def _read_spec(self, skeleton, loss):
        stage, previous = self._values.stage, self._values.previous
        if stage > 1 and not previous:
            raise errors.InputError(
                f"--stage={stage} refines stage {stage - 1}: name its run "
                "folder with --previous"
            )
        if stage == 1 and previous:
            raise errors.InputError(
                f"--previous={previous}: stage 1 has no stage before it; leave "
                "it out, or set --stage"
            )
        return self._spec.read(
            skeleton=skeleton,
            previous=previous
            and os.path.relpath(previous, self._values.run_dir),
            spread=loss.loss == "rle"
            or self._values.head in stage_specs.PEAK_HEADS,
        )


def default_export_dir(run_dir: pathlib.Path) -> pathlib.Path:
    """saved_models/NAME for runs/NAME/stage1, and for runs/NAME.

    Raises:
        InputError: the run folder is in the file system's root.
    """
    folder = run_dir.resolve()
    if folder.name.startswith("stage"):
        folder = folder.parent
    if not folder.name:
        raise errors.InputError(
            f"--run_dir={run_dir}: gives the export no name; set --export_dir"
        )
    return pathlib.Path("saved_models", folder.name)


def _define_folders(values):
    for name, help_text in {
        "data_dir": "Folder that data_prep wrote.",
        "run_dir": "Folder of this stage, e.g. runs/lsp/stage1; a stopped run "
        "goes on there.",
        "export_dir": "Where the cascade is exported; default "
        "saved_models/NAME for a run_dir runs/NAME/stage1 or runs/NAME.",
        "previous": "Run folder of the stage before; stages from 2 need it.",
    }.items():
        flags.DEFINE_string(name, None, help_text, flag_values=values)
