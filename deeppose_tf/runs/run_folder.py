"""Run folders: claimed by one stage, and dropped where nothing came of it."""

import pathlib
import shutil

from deeppose_tf import errors
from deeppose_tf import files
from deeppose_tf.models import stages
from deeppose_tf.runs.plan import Plan


def claim(plan: Plan, flags_text: str):
    """Makes the run folder, or checks that it holds this very training.

    Raises:
        InputError: another training lies there, or the stage before does not
            fit.
    """
    if plan.previous:
        _check_previous(plan)
    if (plan.run_dir / "stage.json").exists():
        _check_begun(plan)
    plan.run_dir.mkdir(parents=True, exist_ok=True)
    stages.save_spec(plan.spec, plan.run_dir)
    files.save(plan.run_dir / "training.json", plan.lasting)
    (plan.run_dir / "flags.cfg").write_text(flags_text)


def _check_begun(plan):
    way_out = "choose another --run_dir, or delete that folder to train anew"
    if stages.load_spec(plan.run_dir) != plan.spec:
        raise errors.InputError(
            f"{plan.run_dir / 'stage.json'}: another stage than the flags "
            f"describe; {way_out}"
        )
    path = plan.run_dir / "training.json"
    begun = files.load(path, way_out)
    for flag, value in plan.lasting.items():
        if begun.get(flag) == value:
            continue
        if flag == "data_dir":
            raise errors.InputError(
                f"{path}: begun on other records than --data_dir="
                f"{plan.data.path} holds now; {way_out}"
            )
        raise errors.InputError(
            f"{path}: begun with --{flag}={begun.get(flag)}, not {value}; "
            f"keep that, or {way_out}"
        )


def drop_empty(run_dir: pathlib.Path):
    """Removes a run folder in which no training got as far as weights."""
    if not any(run_dir.rglob("last.weights.h5")):
        shutil.rmtree(run_dir, ignore_errors=True)


def _check_previous(plan):
    spec, before = plan.spec, stages.load_spec(plan.previous)
    if before.stage != spec.stage - 1:
        raise errors.InputError(
            f"--previous={plan.previous}: holds stage {before.stage}, stage "
            f"{spec.stage} refines stage {spec.stage - 1}"
        )
    if before.skeleton != spec.skeleton:
        raise errors.InputError(
            f"--previous={plan.previous}: skeleton {before.skeleton.name}, "
            f"--data_dir={plan.data.path} has {spec.skeleton.name}; both must "
            "be the same"
        )
