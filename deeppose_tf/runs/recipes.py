"""Recipes: folders of flag files, one a stage, that train a whole cascade."""

import dataclasses
import os
import pathlib
import re
from collections.abc import Mapping

from absl import flags

from deeppose_tf import errors
from deeppose_tf.launch import lazy
from deeppose_tf.runs import run_folder
from deeppose_tf.runs import train_flags

with lazy.imports():
    from deeppose_tf.runs import stage_trainer
    from deeppose_tf.training import devices

_NAME = re.compile(r"stage(\d+)\.cfg")


@dataclasses.dataclass(frozen=True)
class RecipeStage:
    """One stage of a recipe.

    Attributes:
        arguments: what `deeppose_tf.train` is called with.
        flags: the same, parsed.
    """

    arguments: list[str]
    flags: train_flags.TrainFlags


def load(
    folder: pathlib.Path,
    given: Mapping[str, str],
    cascade_dir: pathlib.Path | None,
) -> list[RecipeStage]:
    """The stages of a recipe, from stage 1 up.

    Args:
        folder: holds stage1.cfg and so on.
        given: by name, further flags of every stage, as "--name=value"; they
            override what the files say.
        cascade_dir: where the stages' run folders are made, in the place of
            those that the files name.

    Raises:
        InputError: there are no such files, or a flag is wrong.
    """
    found, moved = [], {}
    for number, path in enumerate(_flag_files(folder), start=1):
        arguments = [f"--flagfile={path}", *given.values()]
        values = _parsed(path, arguments)[0]
        if values.stage != number:
            raise errors.InputError(
                f"{path}: trains stage {values.stage}, want --stage={number}"
            )
        if cascade_dir is not None:
            run_dir = cascade_dir / f"stage{number}"
            arguments += _elsewhere(values, run_dir, given, moved)
            if values.run_dir is not None:
                moved[_absolute(values.run_dir)] = run_dir
        values, its_flags = _parsed(path, arguments)
        for name in ("data_dir", "run_dir"):
            if values[name].value is None:
                raise errors.InputError(f"{path}: lacks --{name}; name it")
        found.append(RecipeStage(arguments, its_flags))
    return found


def check(recipe: list[RecipeStage]):
    """Raises InputError for what would end the training of any stage."""
    to_come = {}
    for stage in recipe:
        plan = stage.flags.plan(to_come)
        devices.check(
            stage.flags.placement, plan.schedule, plan.crops_of_a_person
        )
        run_folder.check(plan, to_come)
        stage_trainer.check(plan, stage.flags.parts(plan)[0])
        to_come[_absolute(plan.run_dir)] = plan.spec


def _flag_files(folder):
    names = (path.name for path in folder.glob("stage*.cfg"))
    numbers = sorted(int(m[1]) for m in map(_NAME.fullmatch, names) if m)
    if not numbers:
        raise errors.InputError(
            f"{folder}: holds no stage1.cfg; name a folder of flag files, such "
            "as flags/cpu"
        )
    if numbers != list(range(1, len(numbers) + 1)):
        raise errors.InputError(
            f"{folder}: has stages {numbers}, want 1, 2... without a gap"
        )
    return [folder / f"stage{number}.cfg" for number in numbers]


def _parsed(path, arguments):
    values = flags.FlagValues()
    found = train_flags.TrainFlags(values, required=False)
    try:
        words = values([str(path), *arguments])[1:]
    except (flags.Error, OSError) as error:
        raise errors.InputError(f"{path}: {error}") from error
    if words:
        raise errors.InputError(
            f"{path}: stray words {words}: flags are written --name=value"
        )
    return values, found


def _elsewhere(values, run_dir, given, moved):
    """The flags that name folders, for another run folder."""
    changed = {"run_dir": run_dir}
    for name in ("previous", "weights"):
        path = values[name].value
        if path is not None and name not in given:
            changed[name] = _moved(path, moved)
    if "export_dir" not in given:
        changed["export_dir"] = train_flags.default_export_dir(run_dir)
    return [f"--{name}={value}" for name, value in changed.items()]


def _moved(path, moved):
    """Where a path lies, if it was in one of the folders that are moved."""
    absolute = _absolute(path)
    for old, new in moved.items():
        if absolute.is_relative_to(old):
            return new / absolute.relative_to(old)
    return path


def _absolute(path):
    return pathlib.Path(os.path.abspath(path))
