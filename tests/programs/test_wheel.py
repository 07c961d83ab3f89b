"""The package as a wheel, in an environment of its own, from elsewhere."""

import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile

import pytest

from tests.launcher import ROOT
from tests.tiny import TINY

SOURCES = (
    *("setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"),
    *("NOTICE", "deeppose_tf", "data_prep", "flags", "saved_models"),
)
MB = 2**20


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built out of the sources, among which lies an export of one's own."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    own = folder / "saved_models" / "lsp_extended" / "99"
    own.mkdir()
    (own / "saved_model.pb").touch()
    pip("wheel", "--no-deps", f"--wheel-dir={folder / 'built'}", str(folder))
    (built,) = (folder / "built").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def deeppose(wheel, tmp_path_factory):
    """The command of an environment with the wheel.

    TensorFlow and the other dependencies are those of the tests: a path file
    shows them, after the environment's own packages.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip(f"--python={python}", "install", "--no-deps", str(wheel))
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "tests.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin" / "deeppose"


def pip(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", *arguments],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def run(folder, command, *words):
    """What the command prints when started in a folder."""
    done = subprocess.run(
        [command, *map(str, words)],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow(10)
def test_the_wheel_holds_what_comes_with_the_repository(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in ROOT.glob("flags/**/*.cfg"):
        assert f"deeppose_tf/{path.relative_to(ROOT)}" in names
    assert "deeppose_tf/saved_models/lsp_extended/3/saved_model.pb" in names
    assert not [name for name in names if "/99/" in name or "tests/" in name]
    assert wheel.stat().st_size < 30 * MB


@pytest.mark.slow(15)
def test_the_command_runs_from_any_folder(deeppose, tmp_path):
    listed = run(tmp_path, deeppose, "models")
    installed = pathlib.Path(listed.splitlines()[0])
    assert installed.is_relative_to(deeppose.parent.parent)
    photo = ROOT / "docs" / "images" / "firefighter.jpg"
    run(tmp_path, deeppose, "predict", photo)
    assert (tmp_path / "out" / "firefighter.pose.jpg").exists()
    run(
        tmp_path,
        *(deeppose, "predict", "--model=saved_models/lsp_extended_fast"),
        *("--output_dir=fast", photo),
    )
    assert (tmp_path / "fast" / "firefighter.pose.json").exists()
    assert "lsp_extended_lite" in listed


@pytest.mark.slow(30)
def test_a_recipe_runs_from_any_folder(deeppose, records_dir, tmp_path):
    run(
        tmp_path,
        *(deeppose, "train", "--flagfile=flags/demo/stage1.cfg"),
        *(f"--data_dir={records_dir}", *TINY),
    )
    assert (tmp_path / "demo/runs/stage1/metrics.json").exists()
    assert (tmp_path / "demo/saved_models/lsp/1/saved_model.pb").exists()
