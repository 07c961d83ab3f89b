"""All programs as subprocesses, on a few made-up people."""

import json
import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from deeppose_tf.serving import saved_models
from tests.conftest import ROOT
from tests.conftest import refused
from tests.conftest import run
from tests.conftest import train

FLAG_FILES = sorted(
    str(path.relative_to(ROOT)) for path in ROOT.glob("flags/**/stage*.cfg")
)


def test_flag_files_are_understood():
    # All in one process: starting TensorFlow for each would take minutes.
    code = """if True:
        import sys
        from absl import flags
        from absl.testing import flagsaver
        from deeppose_tf import train

        for path in sys.argv[1:]:
            with flagsaver.flagsaver():
                flags.FLAGS(["train", f"--flagfile={path}"])
                print(flags.FLAGS.stage, path)
    """
    done = subprocess.run(
        [sys.executable, "-c", code, *FLAG_FILES],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    stages = [re.search(r"stage(\d)", name)[1] for name in FLAG_FILES]
    assert done.stdout.splitlines() == [
        f"{stage} {name}"
        for stage, name in zip(stages, FLAG_FILES, strict=True)
    ]


def test_there_are_flag_files_for_every_stage():
    folders = {str(pathlib.Path(name).parent) for name in FLAG_FILES}
    assert folders == {
        "flags",
        *(
            f"flags/{name}"
            for name in ("coco", "cpu", "demo", "flic", "lsp_extended", "mpii")
        ),
    }
    for folder in folders:
        for stage in (1, 2, 3):
            assert f"{folder}/stage{stage}.cfg" in FLAG_FILES


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


def test_a_second_run_goes_on_and_a_finished_one_ends(stage1, records_dir):
    more = train(stage1, records_dir, "--steps=6")
    assert more.returncode == 0, more.stderr
    assert "Goes on at step 4" in more.stderr
    assert "step 6 validation" in more.stderr
    again = train(stage1, records_dir, "--steps=6")
    assert again.returncode == 0, again.stderr
    assert "Goes on at step 6" in again.stderr
    assert "nothing is exported" in again.stderr
    assert not re.search(r"step \d+ validation", again.stderr)
    assert "Predicts the training people" not in again.stderr


def train_and_go_on(run_dir, records_dir, *recipe):
    done = train(run_dir, records_dir, *recipe)
    assert done.returncode == 0, done.stderr
    again = train(run_dir, records_dir, *recipe, "--steps=6")
    assert again.returncode == 0, again.stderr
    assert "Goes on at step 4" in again.stderr


def test_every_part_of_the_recipe_trains_and_resumes(records_dir, tmp_path):
    recipe = (
        "--network=efficientnet_lite0",
        "--weights=imagenet",
        "--image_size=64",
        "--freeze_steps=3",
        "--freeze_until=blocks_2_bn2",
        "--trunk_rate_scale=0.1",
        "--weight_average=0.99",
        "--warmup_steps=2",
        "--decay=cosine",
        "--rotation=30",
        "--any_rotation=0.5",
        "--erase=0.5",
        "--half_body=0.5",
        "--loss=rle",
    )
    run_dir = tmp_path / "runs" / "stage1"
    train_and_go_on(run_dir, records_dir, *recipe)
    metrics = json.loads((run_dir / "metrics.json").read_text())
    assert metrics["validation"]["figures"]["pdj@0.5"] >= 0
    refine = train(
        run_dir.parent / "stage2",
        records_dir,
        *("--stage=2", f"--previous={run_dir}", "--loss=rle"),
        "--network=efficientnet_lite0_short",
        f"--weights={run_dir / 'best.weights.h5'}",
        *("--image_size=64", "--crops_from=predictions", "--targets=all"),
    )
    assert refine.returncode == 0, refine.stderr
    assert "layers start from" in refine.stderr
    model = saved_models.load(str(tmp_path / "runs" / "exported"))
    scores = model.signatures["image_tensor"](
        image=tf.zeros([1, 80, 80, 3], tf.uint8), box=tf.zeros([1, 4])
    )["scores"]
    assert scores.shape == (1, 14)
    assert 0.0 < float(tf.reduce_min(scores))
    assert float(tf.reduce_max(scores)) < 1.0


def test_peaks_of_maps_are_trained_resumed_refined_and_exported(
    records_dir, tmp_path
):
    recipe = ("--head=peak", "--map_weight=0.1")
    run_dir = tmp_path / "runs" / "stage1"
    train_and_go_on(run_dir, records_dir, *recipe)
    other = train(run_dir, records_dir, "--head=peak", "--map_weight=0.2")
    assert refused(other, "--map_weight=0.1", "not 0.2")
    refine = train(
        run_dir.parent / "stage2",
        records_dir,
        *("--stage=2", f"--previous={run_dir}", *recipe),
    )
    assert refine.returncode == 0, refine.stderr
    model = saved_models.load(str(tmp_path / "runs" / "exported"))
    noise = tf.random.stateless_uniform([2, 80, 80, 3], [1, 2], 0, 255)
    found = model.signatures["image_tensor"](
        image=tf.cast(noise, tf.uint8), box=tf.zeros([2, 4])
    )
    assert np.isfinite(found["joints"]).all()
    assert found["scores"].shape == (2, 14)
    assert ((0 < found["scores"]) & (found["scores"] < 1)).numpy().all()


@pytest.mark.parametrize(
    "more, words",
    [
        (["--freeze_steps=4"], "--freeze_steps=4 leaves nothing of --steps=4"),
        (
            ["--half_body=0.1", "--stage=2", "--previous=somewhere"],
            "--half_body=0.1 is of stage 1",
        ),
        (["--head=fc", "--map_weight=0.1"], "--head=fc has no maps"),
        (["--head=peak"], "--head=peak: maps have a peak at the joint only"),
        (
            ["--head=peak", "--map_weight=0.1", "--loss=rle"],
            "--loss=rle learns a spread of its own",
        ),
    ],
)
def test_recipes_that_cannot_be_are_refused(records_dir, tmp_path, more, words):
    assert refused(train(tmp_path / "runs" / "x", records_dir, *more), words)


def test_stage_2_on_predictions_with_one_network_a_joint(stage1, records_dir):
    run_dir = stage1.parent / "per_joint"
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
    trained = sorted(p.name for p in (run_dir / "joints").iterdir())
    assert trained == ["head_top", "left_wrist"]
    assert (stage1 / "predictions.npz").exists()


def test_evaluate_writes_tables_and_a_curve(stage2, records_dir, tmp_path):
    done = run(
        "deeppose_tf.evaluate",
        f"--model={stage2.parent / 'exported'}",
        f"--data_dir={records_dir}",
        f"--output_dir={tmp_path}",
    )
    assert done.returncode == 0, done.stderr
    for words in ("mean pose", "stage 1", "stage 2", "PDJ@0.2", "PCP"):
        assert words in done.stdout
    values = json.loads((tmp_path / "metrics.json").read_text())
    assert set(values["results"]) == {"mean pose", "stage 1", "stage 2"}
    assert values["comparison"] is None
    with Image.open(tmp_path / "pdj.png") as image:
        assert image.width > 500


def test_a_report_stands_alone_and_compares(stage2, records_dir, tmp_path):
    """The first export (stage 1 only) and the newest, on the same people."""
    exported = stage2.parent / "exported"
    for name, model, more in (
        ("1", exported / "1", []),
        ("2", exported, [f"--compare={tmp_path / '1'}"]),
    ):
        done = run(
            "deeppose_tf.evaluate",
            f"--model={model}",
            f"--data_dir={records_dir}",
            f"--output_dir={tmp_path / name}",
            *more,
        )
        assert done.returncode == 0, done.stderr
    assert "difference" in done.stdout
    page = (tmp_path / "2" / "report.html").read_text()
    addresses = re.findall(r'(?:src|href)="(.{22})', page)
    # Curves, displacements, three galleries: all inlined.
    assert addresses == ["data:image/png;base64,"] * 5
    values = json.loads((tmp_path / "2" / "metrics.json").read_text())
    figure = values["results"]["stage 2"]["figures"]["pdj@0.5"]
    low, high = values["results"]["stage 2"]["intervals"]["pdj@0.5"]
    assert f"{figure:.3f} <small>[{low:.3f}, {high:.3f}]</small>" in page
    row = values["comparison"]["rows"]["pdj@0.5"]
    assert f"{row['difference']:+.3f} <small>" in page
    assert "<th>stage 3, as reported</th>" in page
    assert re.search(r"<td>lower arm</td>.*<td>0.38</td></tr>", page)


def test_sigma_sweep_prints_a_row_a_size(stage1, stage2, records_dir):
    common = (f"--data_dir={records_dir}", "--sigmas=0.5,2,50")
    done = run("deeppose_tf.sigma_sweep", f"--run_dir={stage2}", *common)
    assert done.returncode == 0, done.stderr
    rows = [
        line.replace("(trained)", "").split()
        for line in done.stdout.splitlines()[2:5]
    ]
    assert [row[0] for row in rows] == ["0.5", "2", "50"]
    inside = [float(row[1]) for row in rows]
    # Larger boxes hold more; one of 50 torsos holds everything.
    assert 0.0 <= inside[0] <= inside[1] <= inside[2] == 1.0
    best = max(float(row[2]) for row in rows)
    assert f"PDJ@0.2 {best:.3f}" in done.stdout.splitlines()[5]
    done = run("deeppose_tf.sigma_sweep", f"--run_dir={stage1}", *common)
    assert refused(done, f"--run_dir={stage1}", "stage 1 has no sigma")


def test_export_writes_the_next_version(stage2, records_dir, tmp_path):
    for version in ("1", "2"):
        done = run(
            "deeppose_tf.export",
            f"--run_dir={stage2}",
            f"--data_dir={records_dir}",
            f"--export_dir={tmp_path}",
        )
        assert done.returncode == 0, done.stderr
        assert (tmp_path / version / "saved_model.pb").exists()


def test_export_keeps_servers_folders_and_others_apart(
    stage2, records_dir, exported
):
    done = run(
        "deeppose_tf.export",
        f"--run_dir={stage2}",
        f"--data_dir={records_dir}",
        f"--export_dir={exported}",
        "--format=litert",
    )
    assert refused(done, f"--export_dir={exported}", "--format=litert")
    assert [path.name for path in exported.iterdir()] == ["1"]


def test_stage_2_needs_previous(records_dir, tmp_path):
    done = train(tmp_path / "stage2", records_dir, "--stage=2")
    assert refused(done, "--previous", "--stage=2")
    assert not (tmp_path / "stage2").exists()


def test_previous_must_be_the_stage_before(stage2, records_dir, tmp_path):
    done = train(
        tmp_path / "x", records_dir, "--stage=2", f"--previous={stage2}"
    )
    assert refused(done, "--previous", "holds stage 2")
    done = train(
        tmp_path / "x", records_dir, "--stage=2", f"--previous={tmp_path}"
    )
    assert refused(done, tmp_path, "stage.json")
    assert not (tmp_path / "x").exists()


def test_previous_of_another_skeleton_is_refused(stage1, records_dir, tmp_path):
    other = tmp_path / "stage1"
    other.mkdir()
    spec = json.loads((stage1 / "stage.json").read_text())
    spec["skeleton"]["name"] = "octopus"
    (other / "stage.json").write_text(json.dumps(spec))
    done = train(
        tmp_path / "stage2", records_dir, "--stage=2", f"--previous={other}"
    )
    assert refused(done, "octopus", "lsp")


def test_a_run_folder_of_another_stage_is_refused(stage1, records_dir):
    done = train(stage1, records_dir, "--image_size=40")
    assert refused(done, "stage.json", "--run_dir")


def test_going_on_with_another_seed_is_refused(stage1, records_dir):
    done = train(stage1, records_dir, "--steps=9", "--seed=5")
    assert refused(done, "training.json", "--seed=0", "--run_dir")


def test_stage_1_takes_no_previous(stage1, records_dir, tmp_path):
    done = train(tmp_path / "run", records_dir, f"--previous={stage1}")
    assert refused(done, f"--previous={stage1}", "stage 1")


def test_a_shard_cut_short_is_refused(records_dir, tmp_path):
    cut = tmp_path / "records"
    shutil.copytree(records_dir, cut)
    shard = cut / "train-00001-of-00002.tfrecord"
    shard.write_bytes(shard.read_bytes()[:-100])
    done = train(tmp_path / "run", cut)
    assert refused(done, shard, "data_prep")
    assert not (tmp_path / "run").exists()


def test_a_shard_damaged_inside_is_refused(records_dir, tmp_path):
    bad = tmp_path / "records"
    shutil.copytree(records_dir, bad)
    shard = bad / "train-00000-of-00002.tfrecord"
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 0xFF
    shard.write_bytes(bytes(content))
    done = train(tmp_path / "run", bad)
    assert refused(done, "--data_dir", "damaged", "data_prep")
    assert not (tmp_path / "run").exists()


def test_a_folder_without_records_is_refused(tmp_path):
    done = train(tmp_path / "run", tmp_path)
    assert refused(done, tmp_path / "dataset.json", "data_prep.build_")
    assert not (tmp_path / "run").exists()


def test_a_stray_word_in_a_flag_file_is_refused(records_dir, tmp_path):
    flag_file = tmp_path / "bad.cfg"
    flag_file.write_text("stage=2\n")
    done = train(tmp_path / "run", records_dir, f"--flagfile={flag_file}")
    assert refused(done, "stage=2", "--name=value")


def test_a_start_that_fails_leaves_no_run_folder(records_dir, tmp_path):
    done = train(tmp_path / "run", records_dir, "--weights=imagenet")
    assert refused(done, "compact has no imagenet weights")
    assert not (tmp_path / "run").exists()


def test_a_missing_weights_file_is_refused(records_dir, tmp_path):
    done = train(tmp_path / "run", records_dir, "--weights=nowhere.h5")
    assert refused(done, "--weights=nowhere.h5")
    assert not (tmp_path / "run").exists()


def test_an_unknown_flag_is_refused(records_dir, tmp_path):
    done = train(tmp_path / "run", records_dir, "--stepps=2")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "Unknown command line flag 'stepps'" in done.stderr


def test_a_batch_that_does_not_divide_is_refused(records_dir, tmp_path):
    done = train(tmp_path / "r", records_dir, "--logical_cpus=3")
    assert refused(done, "--batch_size=8", "3 replicas")


@pytest.mark.parametrize(
    "program", ["deeppose_tf.train", "data_prep.build_lsp"]
)
def test_another_keras_backend_is_refused(program):
    done = run(program, KERAS_BACKEND="jax")
    assert refused(done, "KERAS_BACKEND=jax", "tensorflow")
