"""Run folders: claimed by one training, dropped if nothing came of it."""

import contextlib
import shutil

from deeppose_tf import errors
from deeppose_tf.models import run_paths
from deeppose_tf.models import stage_specs
from deeppose_tf.runs import plan_checks
from deeppose_tf.runs.plan import Plan
from deeppose_tf.storage import digests
from deeppose_tf.storage import files
from deeppose_tf.storage import json_files
from deeppose_tf.storage import locks

# Options of older versions that are no more, and what they were when off.
_GONE = {"freeze_steps": (None, 0), "trunk_rate_scale": (None,)}
_HINT = "choose another --run_dir, or delete that folder to train anew"


@contextlib.contextmanager
def claimed(plan: Plan, flags_text: str):
    """The run folder is this training's alone; see `claim`.

    If the training fails before it has done a step that is saved, and has
    begun there itself, its files go; and the folder, if it made that and
    nothing else is in it.

    Raises:
        InputError: another program writes there, or see `claim`.
    """
    folder = run_paths.RunFolder(plan.run_dir)
    check(plan)
    is_new, is_begun = not folder.path.exists(), folder.spec.exists()
    folder.path.mkdir(parents=True, exist_ok=True)
    with locks.held(folder.lock, f"--run_dir={plan.run_dir}"):
        try:
            for each in folder.networks():
                for leftover in each.leftovers():
                    leftover.unlink()
            claim(plan, flags_text)
            yield
        except Exception:
            if not is_begun and not _has_learned(folder):
                _drop(folder)
                if is_new:
                    _remove_if_empty(folder.path)
            raise


def claim(plan: Plan, flags_text: str):
    """Makes the run folder, or checks that it holds this very training.

    Raises:
        InputError: something else lies there, or the stage before does not fit.
    """
    check(plan)
    folder = run_paths.RunFolder(plan.run_dir)
    folder.path.mkdir(parents=True, exist_ok=True)
    # The first: it marks the folder as one of a training.
    stage_specs.save_spec(plan.spec, folder.path)
    files.save_text(folder.flags, flags_text)
    if not folder.training.exists():
        # A folder of an older version has no such file.
        digests.save(folder.exported, {"weights": None, "version": None})
    # The last: what is there of an earlier training is to agree with it.
    digests.save(folder.training, plan.kept)


def check(
    plan: Plan,
    to_come: plan_checks.ToCome = plan_checks.NOTHING,
):
    """Raises InputError where the run folder is not for this training.

    Args:
        plan: of the training.
        to_come: see `plan_checks.refuse`.
    """
    folder = run_paths.RunFolder(plan.run_dir)
    if plan.previous:
        _check_previous(plan, plan_checks.spec_of(plan.previous, to_come))
    if folder.spec.exists():
        _check_begun(plan, folder)
    elif strangers := folder.strangers():
        raise errors.InputError(
            f"--run_dir={plan.run_dir}: holds other files ({strangers[0]}) and "
            "no stage.json; name an empty folder, or one that is not there yet"
        )


def _has_saved(folder):
    return folder.weights_of_parts("last") or any(
        each.saved_steps() for each in folder.networks()
    )


def _has_learned(folder):
    """Whether a step has been done that is saved."""
    return folder.weights_of_parts("last") or any(
        sum(each.saved_steps()) for each in folder.networks()
    )


def _drop(folder):
    """Removes the files of a training that got nowhere, and nothing else."""
    # They hold files of this training alone, which made the run folder.
    for path in (folder.checkpoints, folder.tensorboard(""), folder.joints):
        shutil.rmtree(path, ignore_errors=True)
    ours = folder.spec, folder.training, folder.flags, folder.exported
    for path in (*ours, folder.path / digests.NAME, folder.lock):
        path.unlink(missing_ok=True)


def _remove_if_empty(path):
    with contextlib.suppress(OSError):  # Somebody else's files are there.
        path.rmdir()


def _check_begun(plan, folder):
    if stage_specs.load_spec(folder.path) != plan.spec:
        raise errors.InputError(
            f"{folder.spec}: another stage than the flags describe; {_HINT}"
        )
    if not folder.training.exists() and not _has_saved(folder):
        return  # Killed before it had begun.
    begun = digests.load(folder.training, _HINT)
    json_files.expect(folder.training, begun, {}, _HINT)
    for flag, off in _GONE.items():
        if begun.get(flag) not in off:
            raise errors.InputError(
                f"{folder.training}: begun with --{flag}={begun[flag]}, which "
                f"is no more; end it with the version that began it, or {_HINT}"
            )
    for flag, value in plan.kept.items():
        # Older folders lack newer options, which were off then.
        before = begun.get(flag)
        if before == value:
            continue
        # Off at 0, for which older folders have null.
        if flag == "map_weight" and before is None and not value:
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


def _check_previous(plan, before):
    spec = plan.spec
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
