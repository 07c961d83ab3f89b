"""Joints of one's own: skeleton file, table, two stages; maps with peaks."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.serving import saved_models
from tests.launcher import refused
from tests.launcher import run
from tests.programs import test_recipes
from tests.tiny import train

# Two trainings for the fixture, and a third that resumes.
pytestmark = pytest.mark.slow(25)
PEAKS = ("--head=peak", "--map_weight=0.1")


@pytest.fixture(scope="module")
def hand(tmp_path_factory):
    """Records of a skeleton file, and two stages whose maps have peaks."""
    folder = tmp_path_factory.mktemp("hand")
    joints = test_recipes.pictures(folder / "images")
    names = ["wrist", "left_tip", "right_tip"]
    skeleton = {
        "name": "hand",
        "joints": names,
        "limbs": [
            ["finger", "wrist", f"{side}_tip"] for side in ("left", "right")
        ],
        "torso": ["wrist", "left_tip"],
    }
    (folder / "hand.json").write_text(json.dumps(skeleton))
    header = ["image", *(f"{n}_{axis}" for n in names for axis in "xy")]
    rows = [
        [f"images/{i}.jpg", *joints[i, :3].ravel()] for i in range(len(joints))
    ]
    text = [",".join(map(str, row)) for row in (header, *rows)]
    (folder / "people.csv").write_text("\n".join(text))
    done = run(
        "data_prep.build_csv",
        f"--source={folder / 'people.csv'}",
        f"--skeleton={folder / 'hand.json'}",
        f"--output_dir={folder / 'records'}",
        *("--test_fraction=0.4", "--val_fraction=0", "--num_shards=1"),
        fresh=True,
    )
    assert done.returncode == 0, done.stderr
    for stage in (1, 2):
        previous = f"--previous={folder / 'stage1'}"
        done = train(
            folder / f"stage{stage}",
            folder / "records",
            f"--stage={stage}",
            *([previous] if stage > 1 else []),
            *("--steps=2", "--batch_size=2", *PEAKS),
        )
        assert done.returncode == 0, done.stderr
    return folder


def test_a_skeleton_file_is_all_that_new_joints_take(hand, tmp_path):
    done = run(
        "deeppose_tf.evaluate",
        f"--model={hand / 'exported'}",
        f"--data_dir={hand / 'records'}",
        f"--output_dir={tmp_path / 'report'}",
        fresh=True,
    )
    assert done.returncode == 0, done.stderr
    values = json.loads((tmp_path / "report" / "metrics.json").read_text())
    figures = values["results"]["stage 2"]["figures"]
    card = json.loads((hand / "records" / "dataset.json").read_text())
    assert card["dataset"] == "records"  # Named after its folder.
    assert "pdj@0.2/left_tip" in figures
    assert "pcp_strict/finger" in figures


def test_peaks_of_maps_are_trained_refined_and_exported(hand):
    model = saved_models.load(str(hand / "exported"))
    noise = tf.random.stateless_uniform([2, 80, 80, 3], [1, 2], 0, 255)
    found = model.signatures["image_tensor"](
        image=tf.cast(noise, tf.uint8), box=tf.zeros([2, 4])
    )
    assert np.isfinite(found["joints"]).all()
    assert found["scores"].shape == (2, 3)
    assert ((0 < found["scores"]) & (found["scores"] < 1)).numpy().all()


def test_going_on_with_another_weight_of_maps_is_refused(hand):
    more = ("--steps=2", "--batch_size=2", "--head=peak", "--map_weight=0.2")
    other = train(hand / "stage1", hand / "records", *more)
    assert refused(other, "--map_weight=0.1", "not 0.2")


def test_peaks_of_maps_resume(hand, tmp_path):
    run_dir = tmp_path / "runs" / "stage1"
    shutil.copytree(hand / "stage1", run_dir)
    more = ("--steps=3", "--batch_size=2", *PEAKS)
    again = train(run_dir, hand / "records", *more)
    assert again.returncode == 0, again.stderr
    assert "Goes on at step 2" in again.stderr
