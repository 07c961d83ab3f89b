"""Stages with --refiner=pooled: trained, gone on with, exported, asked."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from deeppose_tf.evaluation import stage_predictions
from deeppose_tf.models import cascade
from deeppose_tf.models import trained_stages
from deeppose_tf.serving import export_litert
from deeppose_tf.serving import export_sources
from deeppose_tf.serving import exported_weights
from deeppose_tf.serving import saved_models
from tests.launcher import ROOT
from tests.launcher import refused
from tests.launcher import run
from tests.tiny import train

POOLED = ("--refiner=pooled", "--cells=8")


@pytest.fixture(scope="module")
def pooled(stage1, records_dir, tmp_path_factory):
    """The run folder of a stage 2 that takes the features of stage 1."""
    run_dir = tmp_path_factory.mktemp("pooled") / "stage2"
    flags = (
        *POOLED,
        "--stage=2",
        f"--previous={stage1}",
        "--trunk=stage1",
        "--crops_from=predictions",
        "--shift=0.05",
    )
    for steps in (4, 6):
        done = train(run_dir, records_dir, *flags, f"--steps={steps}")
        assert done.returncode == 0, done.stderr
    assert "Goes on at step 4" in done.stderr
    return run_dir


@pytest.mark.slow(45)
def test_features_of_stage_1_stay_as_they_are(pooled, stage1):
    first, second = trained_stages.load_all(pooled)
    for ours, theirs in zip(
        second.trunk.weights, first.trunk.weights, strict=True
    ):
        np.testing.assert_array_equal(ours, theirs, err_msg=ours.name)
    assert len(list((pooled / "tensorboard").iterdir())) > 4


@pytest.mark.slow(8)
def test_its_export_answers_as_stages_one_by_one(pooled, data, tmp_path):
    model = saved_models.load(str(pooled.parent / "exported"))
    by_stage = stage_predictions.of_stages(pooled, data, "val")
    batch = next(
        iter(
            stage_predictions.input_pipeline.evaluation_batches(
                data, "val", batch_size=2
            )
        )
    )
    found = model.signatures["image_tensor"](
        image=batch["image"], box=batch["box"]
    )
    for i, predictions in enumerate(by_stage):
        box = batch["box"].numpy()[:, None]
        want = predictions.joints[:2] * box[..., 2:] + box[..., :2]
        np.testing.assert_allclose(found["stage_joints"][:, i], want, atol=0.1)
    assert [stage["refiner"] for stage in model.metadata["stages"]] == [
        None,
        "pooled",
    ]


@pytest.mark.slow(2)
def test_an_export_gives_back_its_weights(pooled):
    version = max((pooled.parent / "exported").iterdir())
    network, spec = exported_weights.load_network(version, 2, "all")
    assert spec.trunk == "stage1"
    want = cascade.load(pooled).stages[1].networks
    ours = trained_stages.of_models(spec, {"all": network}).networks
    for weight, wanted in zip(
        ours["head"].weights, want["head"].weights, strict=True
    ):
        np.testing.assert_array_equal(weight, wanted, err_msg=wanted.name)
    source = export_sources.of_export(version)
    image = np.random.default_rng(0).integers(0, 255, (1, 90, 80, 3), np.uint8)
    box = np.array([[40, 40, 50, 60]], np.float32)
    np.testing.assert_allclose(
        source.model(image, box), cascade.load(pooled)(image, box), atol=1e-3
    )


@pytest.mark.slow(40)
def test_a_network_of_its_own_learns_from_simulated_joints(
    pooled, stage1, records_dir, data, tmp_path
):
    """Stage 3, on larger pictures of people, with two replicas."""
    done = train(
        tmp_path / "run" / "stage3",
        records_dir,
        *POOLED,
        "--stage=3",
        f"--previous={pooled}",
        "--image_size=64",
        "--loss=rle",
        "--logical_cpus=2",
        f"--weights={pooled / 'best.weights.h5'}",
    )
    assert done.returncode == 0, done.stderr
    assert "layers start from" in done.stderr
    model = saved_models.load(str(tmp_path / "run" / "exported"))
    assert len(model.metadata["stages"]) == 3


@pytest.mark.slow(40)
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_litert_has_a_file_for_each_half(pooled, data, people, tmp_path, dtype):
    """Looks are a matter of the runner, which does as a SavedModel does."""
    pytest.importorskip("ai_edge_litert")
    version = export_litert.export(
        export_sources.of_run(pooled, data).looking(2), tmp_path, dtype, data
    )
    card = json.loads((version / "deeppose.json").read_text())
    assert set(card["stages"][1]["networks"]) == {"features", "head"}
    assert card["looks"]["count"] == 2
    photo = people / "images" / "im00001.jpg"
    done = subprocess.run(
        [
            sys.executable,
            ROOT / "deeppose_tf" / "serving" / "litert_runner.py",
            version,
            photo,
            "60,70,90,110.5",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = np.array(list(json.loads(done.stdout).values()))
    model = cascade.Cascade(cascade.load(pooled).stages, cascade.Looks(2))
    with Image.open(photo) as image:
        pixels = np.asarray(image)[None]
    want = model(pixels, np.array([[60, 70, 90, 110.5]], np.float32))[0, -1]
    near = np.abs(found - want)
    assert near.max() < (0.5 if dtype == "float32" else 15), near


@pytest.mark.slow(15)
def test_an_export_may_look_again(stage1, records_dir, tmp_path):
    done = run(
        "deeppose_tf.export",
        f"--run_dir={stage1}",
        f"--data_dir={records_dir}",
        f"--export_dir={tmp_path / 'twice'}",
        "--looks=2",
    )
    assert done.returncode == 0, done.stderr
    model = saved_models.load(str(tmp_path / "twice"))
    assert model.metadata["looks"]["count"] == 2
    image = np.random.default_rng(0).integers(0, 255, (1, 90, 80, 3), np.uint8)
    box = np.array([[40, 40, 50, 60]], np.float32)
    found = model.signatures["image_tensor"](image=image, box=box)
    looks = cascade.Looks(**model.metadata["looks"])
    want = cascade.Cascade(cascade.load(stage1).stages, looks)(image, box)
    np.testing.assert_allclose(found["stage_joints"], want, atol=0.1)


def test_other_features_than_those_of_stage_1_are_refused(
    stage1, records_dir, tmp_path
):
    done = train(
        tmp_path / "stage2",
        records_dir,
        *POOLED,
        "--stage=2",
        f"--previous={stage1}",
        "--trunk=stage1",
        "--image_size=64",
    )
    assert refused(done, "--image_size=64", "--image_size=32", "--trunk=own")
    assert not (tmp_path / "stage2").exists()
