"""The flags of train.py, and the plan that they describe."""

import os
import pathlib

from absl import flags

from deeppose_tf import errors
from deeppose_tf.data import dataset
from deeppose_tf.data.example_options import Augmentation
from deeppose_tf.data.example_options import ExampleOptions
from deeppose_tf.models import stage_specs
from deeppose_tf.networks import by_name
from deeppose_tf.runs.option_flags import OptionFlags
from deeppose_tf.runs.plan import Plan
from deeppose_tf.serving import versions
from deeppose_tf.training.training_options import LossOptions
from deeppose_tf.training.training_options import OptimizerOptions
from deeppose_tf.training.training_options import Schedule

# They belong to the program that defines them, whose --help shows them.
flags.disclaim_key_flags()


class TrainFlags:
    """The flags: folders, and an option of each part of a plan."""

    def __init__(self, values: flags.FlagValues = flags.FLAGS):
        """Defines them.

        Args:
            values: where they are defined.
        """
        self._values = values
        _define_folders(values)
        flags.DEFINE_list(
            "joints",
            None,
            "per_joint: names of the joints to train; default all.",
            flag_values=values,
        )
        flags.DEFINE_integer(
            "logical_cpus",
            1,
            "Replicas on a machine without a GPU.",
            lower_bound=1,
            flag_values=values,
        )
        self._spec = OptionFlags(stage_specs.StageSpec, values)
        self._examples = OptionFlags(ExampleOptions, values)
        self._augmentation = OptionFlags(Augmentation, values)
        self._loss = OptionFlags(LossOptions, values)
        self._optimizer = OptionFlags(OptimizerOptions, values)
        self._schedule = OptionFlags(Schedule, values)
        self._rest = OptionFlags(Plan, values)

    @property
    def logical_cpus(self) -> int:
        """Replicas on a machine without a GPU."""
        return self._values.logical_cpus

    @property
    def export_dir(self) -> pathlib.Path:
        """Where the cascade is exported; by default named after the run."""
        if self._values.export_dir:
            return pathlib.Path(self._values.export_dir)
        run_dir = pathlib.Path(self._values.run_dir)
        return pathlib.Path("saved_models", run_dir.resolve().parent.name)

    def plan(self) -> Plan:
        """What the flags describe.

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
        _refuse_contradictions(plan)
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
            spread=loss.loss == "rle" or self._values.head == "peak",
        )


def _define_folders(values):
    for name, help_text in {
        "data_dir": "Folder that data_prep wrote.",
        "run_dir": "Folder of this stage, e.g. runs/lsp/stage1; a stopped run "
        "goes on there.",
        "export_dir": "Where the cascade is exported; default "
        "saved_models/NAME for a run_dir runs/NAME/stage1.",
        "previous": "Run folder of the stage before; stages from 2 need it.",
    }.items():
        flags.DEFINE_string(name, None, help_text, flag_values=values)
    flags.mark_flags_as_required(["data_dir", "run_dir"], flag_values=values)


def _refuse_contradictions(plan):
    """Raises InputError where options do not go together."""
    spec, schedule, examples = plan.spec, plan.schedule, plan.examples
    if (
        spec.refiner in ("shared", "per_joint")
        and schedule.batch_size % examples.crops_per_person
    ):
        raise errors.InputError(
            f"--batch_size={schedule.batch_size} is no multiple of "
            f"--crops_per_person={examples.crops_per_person}"
        )
    if examples.augmentation.half_body and spec.stage > 1:
        raise errors.InputError(
            f"--half_body={examples.augmentation.half_body} is of stage 1; "
            "leave it out"
        )
    if spec.refiner == "pooled":
        _refuse_for_pooled(plan)
    imagenet = plan.weights if plan.weights == "imagenet" else None
    by_name.check(spec.network, spec.image_size, imagenet)
    _refuse_map_options(spec.head, plan.loss)
    named = plan.weights in ("none", "imagenet")
    if not named and not _has_weights(pathlib.Path(plan.weights)):
        raise errors.InputError(
            f"--weights={plan.weights}: no such file; want none, imagenet, a "
            "best.weights.h5 that a training wrote, MoveNet's .json file (see "
            "docs/training.md), or an exported cascade"
        )


def _has_weights(path):
    return path.is_file() or versions.newest(path) is not None


def _refuse_for_pooled(plan):
    """Raises InputError where options do not go with --refiner=pooled."""
    spec, examples = plan.spec, plan.examples
    if examples.targets != "own":
        raise errors.InputError(
            f"--targets={examples.targets}: a pooled refiner learns each joint "
            "from its own box; leave it out"
        )
    if spec.trunk == "own":
        return
    if plan.freeze_until is not None:
        raise errors.InputError(
            f"--freeze_until={plan.freeze_until}: with --trunk=stage1 all of "
            "it is frozen; leave it out"
        )
    first = stage_specs.load_spec(stage_specs.first_dir(spec, plan.run_dir))
    for name in ("network", "image_size"):
        wanted, given = getattr(first, name), getattr(spec, name)
        if given != wanted:
            raise errors.InputError(
                f"--{name}={given}: --trunk=stage1 takes the features of stage "
                f"1, which has --{name}={wanted}; set that, or --trunk=own"
            )


def _refuse_map_options(head, loss):
    if loss.map_weight and head == "fc":
        raise errors.InputError(
            f"--map_weight={loss.map_weight}: --head=fc has no maps; leave it "
            "out, or set --head=peak"
        )
    if head == "peak" and not loss.map_weight:
        raise errors.InputError(
            "--head=peak: maps have a peak at the joint only where they are "
            "trained to; set --map_weight, e.g. 0.1"
        )
    if head == "peak" and loss.loss == "rle":
        raise errors.InputError(
            "--loss=rle learns a spread of its own, and --head=peak has one; "
            "take another loss or head"
        )
