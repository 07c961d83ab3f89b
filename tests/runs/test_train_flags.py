import dataclasses
import pathlib

import pytest
from absl import flags

from deeppose_tf import errors
from deeppose_tf.options import option
from deeppose_tf.runs import option_flags
from deeppose_tf.runs import train_flags
from tests.launcher import ROOT

FLAG_FILES = sorted(ROOT.glob("flags/**/stage*.cfg"))


def parsed(*arguments):
    """The flags of train.py with these arguments, in a place of their own."""
    values = flags.FlagValues()
    found = train_flags.TrainFlags(values)
    values(["train", *map(str, arguments)])
    return found


def plan_of(records_dir, *arguments):
    more = f"--data_dir={records_dir}", "--run_dir=runs/x/stage"
    return parsed(*more, *arguments).plan()


@pytest.mark.parametrize(
    "path", FLAG_FILES, ids=lambda path: str(path.relative_to(ROOT))
)
def test_the_plan_of_every_flag_file_is_built(path, records_dir, monkeypatch):
    monkeypatch.chdir(ROOT)  # Flag files name each other from there.
    values = flags.FlagValues()
    found = train_flags.TrainFlags(values)
    # A later flag wins: there are no weights and no people of the recipes.
    values(
        [
            "train",
            f"--flagfile={path}",
            f"--data_dir={records_dir}",
            "--weights=none",
        ]
    )
    plan = found.plan()
    assert plan.spec.stage == int(path.stem.removeprefix("stage")[0])
    assert (plan.previous is None) == (plan.spec.stage == 1)
    assert found.parts(plan) == list(plan.spec.parts)


def test_the_flags_of_the_paper_are_the_defaults(records_dir):
    plan = plan_of(records_dir)
    assert (plan.spec.network, plan.spec.head) == ("alexnet", "fc")
    assert plan.spec.image_size == 220
    assert plan.loss.loss == "l2"
    assert plan.optimizer.optimizer == "adagrad"
    assert plan.optimizer.learning_rate == 0.0005
    assert plan.schedule.batch_size == 128
    assert plan.examples.augmentation.flip


def test_flags_become_the_options_of_all_parts(records_dir):
    plan = plan_of(
        records_dir,
        "--noflip",
        "--shift=0.1",
        "--stage=2",
        "--previous=runs/x/stage1",
        "--sigma=1.5",
        "--targets=all",
        "--loss=l1",
        "--seed=7",
        "--clip_norm=5",
        "--notensorboard_pictures",
    )
    assert not plan.examples.augmentation.flip
    assert plan.examples.augmentation.shift == 0.1
    assert plan.spec.sigma == 1.5
    assert plan.previous == pathlib.Path("runs/x/stage1")
    assert plan.examples.targets == "all"
    assert plan.options["loss"][1] == plan.kept["loss"] == "l1"
    assert plan.options["seed"][1] == plan.kept["seed"] == 7
    assert plan.options["clip_norm"][1] == 5.0
    assert not plan.tensorboard_pictures


def test_stage_1_has_no_options_of_refinement(records_dir):
    plan = plan_of(records_dir, "--sigma=1.5", "--step_size=0.5")
    assert plan.spec.sigma is None
    assert plan.spec.step_size == 1.0
    assert plan.spec.refiner is None
    assert "targets" not in plan.options


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--stage=2"], "--stage=2 refines stage 1: name its run folder"),
        (["--previous=x"], "--previous=x: stage 1 has no stage before it"),
        (
            ["--stage=2", "--previous=x", "--crops_per_person=3"],
            "--batch_size=128 is no multiple of --crops_per_person=3",
        ),
        (["--map_weight=0.1"], "--head=fc has no maps"),
        (["--head=peak"], "--head=peak: maps have a peak"),
        (["--weights=nowhere.h5"], "--weights=nowhere.h5: no such file"),
        (["--teacher=x"], "--teacher=x: teaches maps, and --head=fc has"),
        (
            ["--teacher=nowhere", "--head=integral"],
            "--teacher=nowhere: no exported cascade",
        ),
    ],
)
def test_contradictions_are_refused(records_dir, arguments, message):
    with pytest.raises(errors.InputError, match=message):
        plan_of(records_dir, *arguments)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--joints=nose"], "--joints needs --refiner=per_joint"),
        (
            [
                "--stage=2",
                "--previous=x",
                "--refiner=per_joint",
                "--joints=left_wrist,nose",
            ],
            "--joints=nose: not among",
        ),
    ],
)
def test_joints_that_are_no_parts_are_refused(records_dir, arguments, message):
    found = parsed(
        f"--data_dir={records_dir}", "--run_dir=runs/x/stage", *arguments
    )
    with pytest.raises(errors.InputError, match=message):
        found.parts(found.plan())


@pytest.mark.parametrize(
    "run_dir", ["runs/hands/stage1", "runs/hands/stage2_small", "runs/hands"]
)
def test_the_export_is_named_after_the_run(run_dir):
    found = parsed("--data_dir=d", f"--run_dir={run_dir}").export_dir
    assert found == pathlib.Path("saved_models/hands")


def test_a_run_without_a_name_needs_an_export_dir():
    found = parsed("--data_dir=d", "--run_dir=/stage1")
    with pytest.raises(errors.InputError, match="set --export_dir"):
        _ = found.export_dir


@dataclasses.dataclass
class _Cooking:
    size: int
    minutes: int = option(5, "How long.", low=1, high=60)
    heat: float | None = option(None, "How hot, degrees.")
    lid: bool = option(True, "Whether it is covered.")
    fat: str = option("oil", "What it is fried in.", choices=["oil", "butter"])


def test_a_flag_has_its_option_s_type_bounds_and_choices():
    values = flags.FlagValues()
    cooking = option_flags.OptionFlags(_Cooking, values)
    values(["cook", "--minutes=9", "--heat=180", "--nolid", "--fat=butter"])
    assert cooking.read(size=3) == _Cooking(3, 9, 180.0, False, "butter")
    for wrong in ("--minutes=61", "--minutes=soon", "--fat=ghee"):
        with pytest.raises(flags.IllegalFlagValueError):
            values(["cook", wrong])


def test_a_flag_that_is_not_given_has_its_option_s_default():
    values = flags.FlagValues()
    cooking = option_flags.OptionFlags(_Cooking, values)
    values(["cook"])
    assert cooking.read(size=1) == _Cooking(1)
    assert "How long." in values["minutes"].help
