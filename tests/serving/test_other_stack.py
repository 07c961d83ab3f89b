"""Exports go from one stack to the other: `make test-addons` runs it."""

import json
import os
import subprocess

import numpy as np
import pytest

from deeppose_tf.serving import versions
from tests import launcher

PHOTO = "docs/images/firefighter.jpg"


@pytest.fixture(scope="module")
def other_python():
    path = os.environ.get("DEEPPOSE_OTHER_PYTHON")
    if not path:
        pytest.skip("DEEPPOSE_OTHER_PYTHON is not set: no other stack")
    return path


def joints(model, folder, python=None):
    """The joints of the photo's person, pixels, by this stack or another."""
    arguments = [
        *(f"--model={model}", f"--output_dir={folder}"),
        *("--people=whole", PHOTO),
    ]
    if python is None:
        done = launcher.run("deeppose_tf.predict", *arguments)
    else:
        done = subprocess.run(
            [python, "-m", "deeppose_tf.predict", *arguments],
            cwd=launcher.ROOT,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    (pose,) = folder.glob("*.json")
    (person,) = json.loads(pose.read_text())["people"]
    return np.array(list(person["joints"].values()))


@pytest.mark.parametrize("name", ["exported", "exported_half", "pretrained"])
def test_both_stacks_answer_alike(name, other_python, request, tmp_path):
    """Of this stack, its half, and of the default one."""
    model = versions.PRETRAINED
    if name != "pretrained":
        model = request.getfixturevalue(name)
    ours = joints(model, tmp_path / "ours")
    theirs = joints(model, tmp_path / "theirs", other_python)
    # Hardly trained, joints of a person may lie near each other.
    assert ours.std() > 0.2
    np.testing.assert_allclose(ours, theirs, atol=0.02)
