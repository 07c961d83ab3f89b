"""The console command `deeppose`."""

import importlib.util
import pathlib
import subprocess
import sys

import pytest

import deeppose_tf
from deeppose_tf import command
from tests.launcher import ROOT


def deeppose(*words):
    return subprocess.run(
        [pathlib.Path(sys.executable).with_name("deeppose"), *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def test_every_program_has_a_word():
    modules = {module for module, _ in command.PROGRAMS.values()}
    programs = {
        f"{folder}.{path.stem}"
        for folder in ("deeppose_tf", "data_prep")
        for path in (ROOT / folder).glob("*.py")
        if "app.run(main)" in path.read_text()
    }
    assert modules == programs
    assert all(map(importlib.util.find_spec, modules))


def test_the_usage_names_all_programs():
    done = deeppose()
    assert done.returncode == 0
    for name in command.PROGRAMS:
        assert f"deeppose {name} " in done.stdout
    assert deeppose("--help").stdout == done.stdout
    version = deeppose("--version").stdout
    assert version == f"deeppose {deeppose_tf.__version__}\n"


def test_a_program_runs_with_its_flags(people, tmp_path):
    done = deeppose(
        *("build", "lsp", f"--source={people}"),
        f"--output_dir={tmp_path / 'r'}",
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "r" / "dataset.json").exists()
    done = deeppose("build", "lsp", "--source=nowhere", "--output_dir=x")
    assert done.returncode == 1
    assert done.stderr.startswith("error: nowhere")


def test_dashes_are_as_good_as_underscores(monkeypatch):
    started = []
    monkeypatch.setattr(
        command.runpy, "run_module", lambda module, **_: started.append(module)
    )
    monkeypatch.setattr(
        sys, "argv", ["deeppose", "train-cascade", "flags/cpu-two"]
    )
    command.main()
    assert started == ["deeppose_tf.train_cascade"]
    assert sys.argv == ["deeppose", "flags/cpu-two"]


@pytest.mark.parametrize(
    "words", [["dance"], ["build"], ["build", "dance"], ["build", "--help"]]
)
def test_an_unknown_program_is_refused(words):
    done = deeppose(*words)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: no program '{' '.join(words)}'")
    assert "deeppose predict" in done.stderr
