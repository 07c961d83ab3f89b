"""The program `train`, on a few made-up people."""

import csv
import json
import re
import shutil

import pytest
import tensorflow as tf

from deeppose_tf.serving import saved_models
from tests.tiny import train


def test_a_run_folder_holds_what_the_design_says(stage1):
    for name in (
        "stage.json",
        "flags.cfg",
        "best.weights.h5",
        "last.weights.h5",
        "displacements.json",
        "metrics.json",
        "tensorboard",
    ):
        assert (stage1 / name).exists(), name
    runs = {p.parent.name for p in stage1.glob("tensorboard/*/events*")}
    assert runs == {
        "train",
        "validation",
        "pdj_curve",
        "mean_pose",
        "examples",
        "result",
    }
    metrics = json.loads((stage1 / "metrics.json").read_text())
    assert set(metrics) == {"training", "validation"}
    with open(stage1 / "metrics.csv", newline="") as table:
        rows = list(csv.DictReader(table))
    found = {
        row["joint or limb"]: float(row["value"])
        for row in rows
        if (row["people"], row["metric"]) == ("validation", "pdj@0.5")
    }
    figures = metrics["validation"]["figures"]
    assert found[""] == figures["pdj@0.5"]
    assert found["left_wrist"] == figures["pdj@0.5/left_wrist"]
    assert "metrics.csv" in (stage1 / "digests.json").read_text()


RECIPE = (
    "--freeze_until=block_1_norm",
    "--weight_average=0.99",
    "--warmup_steps=2",
    "--decay=cosine",
    "--rotation=30",
    "--any_rotation=0.5",
    "--erase=0.5",
    "--half_body=0.5",
)


@pytest.fixture(scope="module")
def begun(records_dir, tmp_path_factory):
    """A run folder of stage 1, trained with every part of the recipe."""
    run_dir = tmp_path_factory.mktemp("begun") / "stage1"
    done = train(run_dir, records_dir, *RECIPE)
    assert done.returncode == 0, done.stderr
    return run_dir


@pytest.fixture(scope="module")
def resumed(begun, records_dir, tmp_path_factory):
    """The same, gone on with; and what was said."""
    run_dir = tmp_path_factory.mktemp("resumed") / "stage1"
    shutil.copytree(begun, run_dir)
    return run_dir, train(run_dir, records_dir, *RECIPE, "--steps=6")


def test_a_second_run_goes_on(resumed):
    run_dir, done = resumed
    assert done.returncode == 0, done.stderr
    assert "Goes on at step 4" in done.stderr
    assert "step 6 validation" in done.stderr
    metrics = json.loads((run_dir / "metrics.json").read_text())
    assert metrics["validation"]["figures"]["pdj@0.5"] >= 0


def test_a_finished_run_ends(resumed, records_dir):
    run_dir, _ = resumed
    predictions = run_dir / "predictions.npz"
    written = predictions.stat().st_mtime_ns
    again = train(run_dir, records_dir, *RECIPE, "--steps=6")
    assert again.returncode == 0, again.stderr
    assert "Goes on at step 6" in again.stderr
    assert "nothing is exported" in again.stderr
    assert not re.search(r"step \d+ validation", again.stderr)
    assert predictions.stat().st_mtime_ns == written


@pytest.fixture(scope="module")
def refined(begun, records_dir, tmp_path_factory):
    """Where a second stage was exported to, and what was said."""
    folder = tmp_path_factory.mktemp("refined")
    done = train(
        folder / "stage2",
        records_dir,
        *("--stage=2", f"--previous={begun}", "--loss=rle", "--head=fc"),
        f"--weights={begun / 'best.weights.h5'}",
        *("--crops_from=predictions", "--targets=all"),
    )
    return folder / "exported", done


@pytest.mark.slow(30)
def test_a_stage_refines_what_a_recipe_has_trained(refined):
    exported, done = refined
    assert done.returncode == 0, done.stderr
    # Those of the trunk, but not of the head, which is another.
    assert "layers start from" in done.stderr
    assert scores_are_chances(exported)


def scores_are_chances(exported):
    model = saved_models.load(str(exported))
    scores = model.signatures["image_tensor"](
        image=tf.zeros([1, 80, 80, 3], tf.uint8), box=tf.zeros([1, 4])
    )["scores"]
    assert scores.shape == (1, 14)
    return ((0.0 < scores) & (scores < 1.0)).numpy().all()


@pytest.mark.slow(180)
def test_pretrained_weights_are_trained_resumed_and_refined(
    records_dir, tmp_path
):
    recipe = (
        *RECIPE,
        "--loss=rle",
        "--network=efficientnet_lite0",
        "--weights=imagenet",
        "--image_size=64",
        "--freeze_until=blocks_2_bn2",
    )
    run_dir = tmp_path / "runs" / "stage1"
    done = train(run_dir, records_dir, *recipe)
    assert done.returncode == 0, done.stderr
    again = train(run_dir, records_dir, *recipe, "--steps=6")
    assert again.returncode == 0, again.stderr
    assert "Goes on at step 4" in again.stderr
    metrics = json.loads((run_dir / "metrics.json").read_text())
    assert metrics["validation"]["figures"]["pdj@0.5"] >= 0
    refine = train(
        run_dir.parent / "stage2",
        records_dir,
        *("--stage=2", f"--previous={run_dir}", "--loss=rle"),
        "--network=efficientnet_lite0",
        f"--weights={run_dir / 'best.weights.h5'}",
        *("--image_size=96", "--crops_from=predictions", "--targets=all"),
    )
    assert refine.returncode == 0, refine.stderr
    assert "layers start from" in refine.stderr
    assert scores_are_chances(tmp_path / "runs" / "exported")


@pytest.fixture(scope="module")
def per_joint(stage1, records_dir, tmp_path_factory):
    """A run folder of stage 2 with a network for each of two joints."""
    run_dir = tmp_path_factory.mktemp("per_joint") / "stage2"
    done = train(
        run_dir,
        records_dir,
        "--stage=2",
        f"--previous={stage1}",
        "--refiner=per_joint",
        "--joints=left_wrist,head_top",
        "--crops_from=predictions",
    )
    assert done.returncode == 0, done.stderr
    return run_dir


def test_stage_2_on_predictions_with_one_network_a_joint(stage1, per_joint):
    trained = sorted(p.name for p in (per_joint / "joints").iterdir())
    assert trained == ["head_top", "left_wrist"]
    assert (stage1 / "predictions.npz").exists()
