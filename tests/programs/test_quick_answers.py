"""Programs answer what needs no TensorFlow without it.

TensorFlow takes seconds and hundreds of megabytes to import.
"""

import json
import subprocess
import sys

import numpy as np
import pytest

import deeppose_tf
from tests.launcher import ROOT
from tests.launcher import refused

PROGRAMS = sorted(
    f"{folder}.{path.stem}"
    for folder in ("deeppose_tf", "data_prep")
    for path in (ROOT / folder).glob("*.py")
    if "app.run(main)" in path.read_text()
)
# Says at its end what it has imported.
CODE = """
import atexit
import runpy
import sys

heavy = {"keras", "matplotlib", "tensorboard", "tensorflow"}
atexit.register(lambda: print("heavy:", *sorted(heavy & set(sys.modules))))
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""
PHOTO = "docs/images/firefighter.jpg"


def answer(program, *arguments, heavy=""):
    """What a fresh process says, which must not have imported TensorFlow."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, program, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    told = done.stdout.splitlines()[-1].split()
    assert told == ["heavy:", *heavy.split()], done.stderr
    return done


@pytest.mark.slow(12)
@pytest.mark.keras3
def test_a_first_photo_needs_no_keras_and_no_optimized_graphs(tmp_path):
    done = answer(
        *("deeppose_tf.predict", f"--output_dir={tmp_path}", PHOTO),
        heavy="tensorflow",
    )
    assert done.returncode == 0, done.stderr
    path = tmp_path / "firefighter.pose.json"
    (found,) = json.loads(path.read_text())["people"]
    # Here graphs are optimized.
    (person,) = deeppose_tf.load().predict(ROOT / PHOTO)
    np.testing.assert_allclose(
        list(found["joints"].values()), person.joints, atol=0.1
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_and_an_unknown_flag(program):
    done = answer(program, "--help")
    assert done.returncode == 0
    assert "flags:" in done.stdout
    done = answer(program, "--no_such_flag=1")
    assert done.returncode == 1
    assert "Unknown command line flag 'no_such_flag'" in done.stderr


@pytest.mark.parametrize(
    "program, arguments, words",
    [
        ("deeppose_tf.predict", ["nowhere.jpg"], ["nowhere.jpg"]),
        ("deeppose_tf.predict", ["--model=no", PHOTO], ["--model=no"]),
        (
            "deeppose_tf.predict",
            ["--finder=no", "--people=find", PHOTO],
            ["--finder=no"],
        ),
        (
            "deeppose_tf.predict",
            ["--box=1,2,3,4", "--people=find", PHOTO],
            ["--people"],
        ),
        (
            "deeppose_tf.export_finder",
            ["--weights=no.json", "--export_dir=x"],
            ["--weights=no.json"],
        ),
        ("data_prep.validate", ["--data_dir=no"], ["no/dataset.json"]),
        (
            "deeppose_tf.train",
            ["--flagfile=flags/demo/stage1.cfg", "--data_dir=no"],
            ["no/dataset.json"],
        ),
    ],
)
def test_wrong_paths_and_contradictions(program, arguments, words):
    assert refused(answer(program, *arguments), *words)


@pytest.mark.parametrize(
    "program, arguments, words",
    [
        ("evaluate", ["--model=no", "--output_dir=x"], ["--model=no"]),
        (
            "evaluate",
            ["--model=no", "--output_dir=x", "--split=dev"],
            ["'dev'"],
        ),
        (
            "evaluate",
            ["--model=no", "--output_dir=x", "--compare=no"],
            ["--compare=no"],
        ),
        (
            "evaluate",
            ["--model=no", "--output_dir=x", "--whole_picture"]
            + ["--box_scale=2"],
            ["--whole_picture"],
        ),
        ("export", ["--run_dir=no", "--export_dir=x"], ["no/stage.json"]),
        (
            "export",
            ["--run_dir=no", "--export_dir=x", "--dtype=int8"],
            ["--dtype=int8"],
        ),
        ("sigma_sweep", ["--run_dir=no"], ["no/stage.json"]),
        ("sigma_sweep", ["--run_dir=no", "--sigmas=0"], ["--sigmas=0"]),
        ("train", ["--run_dir=x", "--head=peak"], ["--head=peak"]),
        (
            "train",
            ["--run_dir=x", "--weights=imagenet"],
            ["alexnet has no imagenet weights"],
        ),
        ("train", ["--run_dir=x", "--image_size=40"], ["--image_size=40"]),
        (
            "train",
            ["--run_dir=x", "--stage=2", "--previous=no"],
            ["no/stage.json"],
        ),
        ("train", ["--run_dir=docs"], ["--run_dir=docs"]),
    ],
)
def test_what_is_wrong_beside_sound_records(
    records_dir, program, arguments, words
):
    done = answer(
        f"deeppose_tf.{program}", f"--data_dir={records_dir}", *arguments
    )
    assert refused(done, *words)
    assert not (ROOT / "x").exists()
