"""The pretrained model: saved_models/lsp_extended."""

import json

import pytest
import scipy.io
from PIL import Image

from deeppose_tf.data import dataset
from deeppose_tf.evaluation import evaluator
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions
from tests.data_prep import layouts
from tests.launcher import run

_PEOPLE = 600  # Of whom a tenth is tested on.


def test_it_stays_small():
    files = versions.PRETRAINED.rglob("*")
    size = sum(path.stat().st_size for path in files if path.is_file())
    assert 1e6 < size < 20e6


def test_it_poses_a_photograph_without_a_flag(tmp_path):
    samples = pytest.importorskip("skimage.data")
    photo = tmp_path / "photo.png"
    Image.fromarray(samples.camera()).save(photo)
    output_dir = f"--output_dir={tmp_path / 'out'}"
    done = run("deeppose_tf.predict", photo, output_dir, fresh=True)
    assert done.returncode == 0, done.stderr
    (answer,) = (tmp_path / "out").glob("*.json")
    (person,) = json.loads(answer.read_text())["people"]
    # The photographer's head is in the upper left, above his hips.
    x, y = person["joints"]["head_top"]
    assert 120 < x < 290 and 20 < y < 150
    assert y < person["joints"]["left_hip"][1]


@pytest.mark.slow(20)
def test_it_finds_people_whom_it_never_saw(real_data, tmp_path):
    """As its card says, on fewer people: hence the wide margin."""
    source = tmp_path / "lspet"
    source.mkdir()
    (source / "images").symlink_to(real_data / "lspet" / "images")
    joints = scipy.io.loadmat(real_data / "lspet" / "joints.mat")["joints"]
    scipy.io.savemat(source / "joints.mat", {"joints": joints[..., :_PEOPLE]})
    done = layouts.build(
        source,
        tmp_path / "records",
        *("--box=joints", "--box_scale=1.25", "--test_fraction=0.1"),
    )
    assert done.returncode == 0, done.stderr
    model = saved_models.load(str(versions.PRETRAINED))
    data = dataset.load(str(tmp_path / "records"))
    people = evaluator.evaluate(model, data, "test")
    *_, last = people.results(data.skeleton).values()
    assert last["figures"]["pdj_pairs@0.2"] > 0.4
