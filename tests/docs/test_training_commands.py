"""The trainings that README and docs/ start: their flags go together."""

import pathlib

import pytest
from absl import flags

from deeppose_tf import errors
from deeppose_tf.runs import recipes
from deeppose_tf.runs import train_flags
from tests.docs import pages

TRAININGS = [
    pytest.param(program[1], id=f"{path.name}: {' '.join(program[1])}")
    for path in pages.PAGES
    for program in map(pages.program, pages.load(path).commands)
    if program and program[0] == "deeppose_tf.train"
    if program[1] and "--help" not in program[1]
    # Those of addons.md need another TensorFlow.
    if not any("addons:" in word for word in program[1])
]


def check(arguments, data_dir, folder):
    """Raises InputError if a training would be refused on sound records."""
    values = flags.FlagValues()
    train_flags.TrainFlags(values, required=False)
    values(["train", *arguments])
    [recipe] = {
        pathlib.Path(word.partition("=")[2]).parent
        for word in arguments
        if word.startswith("--flagfile=")
    }
    for number in range(1, values.stage):
        before = f"--flagfile={pages.ROOT / recipe}/stage{number}.cfg"
        (folder / f"stage{number}.cfg").write_text(before)
    (folder / f"stage{values.stage}.cfg").write_text("\n".join(arguments))
    given = {
        "data_dir": f"--data_dir={data_dir}",
        "weights": "--weights=none",  # Those of other trainings are not here.
    }
    recipes.check(recipes.load(folder, given, folder / "mine"))


@pytest.mark.parametrize("arguments", TRAININGS)
def test_flags_go_together(arguments, records_dir, tmp_path, monkeypatch):
    monkeypatch.chdir(pages.ROOT)  # Flag files name each other from there.
    check(arguments, records_dir, tmp_path)


def test_flags_that_do_not_are_noticed(records_dir, tmp_path, monkeypatch):
    monkeypatch.chdir(pages.ROOT)
    wrong = ["--flagfile=flags/cpu/stage2.cfg", "--refiner=pooled"]
    with pytest.raises(errors.InputError, match="--targets=all"):
        check(wrong, records_dir, tmp_path)
