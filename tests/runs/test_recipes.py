import pathlib

import pytest

from deeppose_tf import errors
from deeppose_tf.runs import recipes
from tests.launcher import ROOT
from tests.tiny import TINY

FOLDERS = sorted({path.parent for path in ROOT.glob("flags/**/stage*.cfg")})
STAGE_2 = (
    "--stage=2",
    "--previous=old/stage1",
    "--weights=old/stage1/best.weights.h5",
)


def recipe(folder, *stages):
    """A folder of flag files, each with the flags of a tiny training."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, more in enumerate(stages, start=1):
        lines = [*TINY, f"--run_dir=old/stage{number}", *more]
        (folder / f"stage{number}.cfg").write_text("\n".join(lines))
    return folder


def arguments(stage):
    """The flags after the file, by name."""
    return dict(word[2:].split("=") for word in stage.arguments[1:])


@pytest.mark.parametrize(
    "folder", FOLDERS, ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_recipe_is_sound(folder, records_dir, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)  # Flag files name each other from there.
    given = {"data_dir": f"--data_dir={records_dir}"}
    first = (folder / "stage1.cfg").read_text()
    if "movenet" in first or "--weights=saved_models" in first:
        given["weights"] = "--weights=none"  # MoveNet's files may be missing.
    found = recipes.load(folder, given, tmp_path / "mine")
    recipes.check(found)
    for number, stage in enumerate(found, start=1):
        flags = arguments(stage)
        assert flags["run_dir"] == str(tmp_path / f"mine/stage{number}")
        assert flags["export_dir"] == "saved_models/mine"
        # Nothing of the recipe's own runs is left.
        text = " ".join(stage.arguments[1:])
        assert "runs/" not in text.replace(str(tmp_path), "")
    if len(found) > 1:
        assert arguments(found[2])["previous"] == str(tmp_path / "mine/stage2")


def test_a_cascade_dir_moves_run_folders_and_what_is_taken_from_them(
    records_dir, tmp_path
):
    folder = recipe(tmp_path / "flags", ["--export_dir=saved"], STAGE_2)
    given = {"data_dir": f"--data_dir={records_dir}"}
    first, second = recipes.load(folder, given, pathlib.Path("new/mine"))
    assert arguments(first) == {
        "data_dir": str(records_dir),
        "run_dir": "new/mine/stage1",
        "weights": "none",
        "export_dir": "saved_models/mine",
    }
    assert arguments(second) == {
        "data_dir": str(records_dir),
        "run_dir": "new/mine/stage2",
        "previous": "new/mine/stage1",
        "weights": "new/mine/stage1/best.weights.h5",
        "export_dir": "saved_models/mine",
    }
    given["export_dir"] = "--export_dir=there"
    given["weights"] = "--weights=old/stage1/best.weights.h5"
    _, second = recipes.load(folder, given, pathlib.Path("new/mine"))
    assert arguments(second)["export_dir"] == "there"
    assert arguments(second)["weights"] == "old/stage1/best.weights.h5"


def test_without_a_cascade_dir_the_files_are_followed(records_dir, tmp_path):
    folder = recipe(tmp_path / "flags", [], STAGE_2)
    given = {"data_dir": f"--data_dir={records_dir}"}
    found = recipes.load(folder, given, None)
    assert [stage.arguments for stage in found] == [
        [f"--flagfile={folder / name}", f"--data_dir={records_dir}"]
        for name in ("stage1.cfg", "stage2.cfg")
    ]


@pytest.mark.parametrize(
    "second, message",
    [
        (["--stage=3", *STAGE_2[1:]], "trains stage 3, want --stage=2"),
        ([*STAGE_2, "--no_such_flag=1"], "stage2.cfg: Unknown command line"),
        ([*STAGE_2, "stray"], "stage2.cfg: stray words"),
        ([*STAGE_2, "--head=fc", "--map_weight=1"], "--head=fc has no maps"),
        ([*STAGE_2, "--freeze_until=attic"], "--freeze_until=attic: no layer"),
        ([*STAGE_2, "--logical_cpus=3"], "does not divide among 3"),
        (["--stage=2", "--previous=nowhere"], "nowhere.*train it first"),
        ([*STAGE_2[:2], "--weights=nowhere.h5"], "--weights=nowhere.h5"),
        (
            [*STAGE_2, "--refiner=pooled", "--trunk=stage1", "--image_size=64"],
            "--image_size=64: --trunk=stage1",
        ),
    ],
)
def test_what_is_wrong_with_a_later_stage_is_found_before_any_is_trained(
    records_dir, tmp_path, monkeypatch, second, message
):
    monkeypatch.chdir(tmp_path)
    folder = recipe(tmp_path / "flags", [], second)
    given = {"data_dir": f"--data_dir={records_dir}"}
    with pytest.raises(errors.InputError, match=message):
        recipes.check(recipes.load(folder, given, None))


def test_a_run_folder_of_another_training_is_found_too(
    stage1, records_dir, tmp_path
):
    folder = recipe(tmp_path / "flags", [])
    given = {"data_dir": f"--data_dir={records_dir}", "seed": "--seed=3"}
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "stage1").symlink_to(stage1)
    with pytest.raises(errors.InputError, match="begun with --seed=0, not 3"):
        recipes.check(recipes.load(folder, given, tmp_path / "mine"))


def test_folders_without_the_files_are_refused(records_dir, tmp_path):
    with pytest.raises(errors.InputError, match="nowhere: holds no stage1"):
        recipes.load(tmp_path / "nowhere", {}, None)
    folder = recipe(tmp_path / "flags", [], STAGE_2)
    with pytest.raises(errors.InputError, match="stage1.cfg: lacks --data_dir"):
        recipes.load(folder, {}, None)
    (folder / "stage1.cfg").rename(folder / "stage3.cfg")
    with pytest.raises(errors.InputError, match="without a gap"):
        recipes.load(folder, {}, None)
