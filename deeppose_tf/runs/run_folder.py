"""Run folders: claimed by one training, dropped if nothing came of it."""

import contextlib
import pathlib
import shutil

from deeppose_tf import errors
from deeppose_tf import files
from deeppose_tf.models import run_paths
from deeppose_tf.models import stages
from deeppose_tf.runs.plan import Plan

# Options that are off at 0, for which older folders have null.
_OFF = ("map_weight", "freeze_steps")
_HINT = "choose another --run_dir, or delete that folder to train anew"


@contextlib.contextmanager
def claimed(plan: Plan, flags_text: str):
    """The run folder is this training's; see `claim`.

    If the training fails before it has written weights, the folder goes.
    """
    claim(plan, flags_text)
    try:
        yield
    except Exception:
        drop_empty(plan.run_dir)
        raise


def claim(plan: Plan, flags_text: str):
    """Makes the run folder, or checks that it holds this very training.

    Raises:
        InputError: another training lies there, or the stage before does not
            fit.
    """
    folder = run_paths.RunFolder(plan.run_dir)
    if plan.previous:
        _check_previous(plan)
    if folder.spec.exists():
        _check_begun(plan, folder)
    folder.path.mkdir(parents=True, exist_ok=True)
    stages.save_spec(plan.spec, folder.path)
    files.save(folder.training, plan.kept)
    files.save_text(folder.flags, flags_text)


def drop_empty(run_dir: pathlib.Path):
    """Removes a run folder in which no training got as far as weights."""
    if not run_paths.RunFolder(run_dir).weights_of_parts("last"):
        shutil.rmtree(run_dir, ignore_errors=True)


def _check_begun(plan, folder):
    if stages.load_spec(folder.path) != plan.spec:
        raise errors.InputError(
            f"{folder.spec}: another stage than the flags describe; {_HINT}"
        )
    begun = files.load(folder.training, _HINT)
    for flag, value in plan.kept.items():
        # Older folders lack newer options, which were off then.
        before = begun.get(flag)
        if before == value or (before is None and flag in _OFF and not value):
            continue
        if flag == "data_dir":
            raise errors.InputError(
                f"{folder.training}: begun on other records than --data_dir="
                f"{plan.data.path} holds now; {_HINT}"
            )
        raise errors.InputError(
            f"{folder.training}: begun with --{flag}={before}, not "
            f"{value}; keep that, or {_HINT}"
        )


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
