"""Trainings that `train` refuses, and in which words."""

import json
import shutil

import pytest

from tests.launcher import refused
from tests.launcher import run
from tests.tiny import train


@pytest.mark.parametrize(
    "more, words",
    [
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
        (
            ["--jit_compile", "--logical_cpus=2"],
            "--jit_compile is for one replica, and here are 2",
        ),
    ],
)
def test_recipes_that_cannot_be_are_refused(records_dir, tmp_path, more, words):
    assert refused(train(tmp_path / "runs" / "x", records_dir, *more), words)


def test_stage_2_needs_previous(records_dir, tmp_path):
    done = train(tmp_path / "stage2", records_dir, "--stage=2")
    assert refused(done, "--previous", "--stage=2")
    assert not (tmp_path / "stage2").exists()


def test_previous_must_be_the_stage_before(run_dir, records_dir, tmp_path):
    done = train(
        tmp_path / "x", records_dir, "--stage=2", f"--previous={run_dir}"
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
    assert refused(done, "tiny has no imagenet weights")
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
