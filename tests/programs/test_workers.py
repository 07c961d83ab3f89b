"""Trainings by two worker processes on the loopback."""

import json
import pathlib
import signal
import time

import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.models import run_paths
from tests import launcher
from tests import tiny
from tests import worker_jobs

STAGE_2 = ("--stage=2", "--crops_from=predictions", "--batch_size=8")
# Adagrad's first steps are all as long; where a gradient is near nothing,
# rounding decides on their direction.
PROPORTIONAL = ("--optimizer=sgd", "--learning_rate=0.001")


@pytest.fixture(scope="module")
def three_shards(people, tmp_path_factory):
    """Records that two workers share out by element, as one would see them."""
    folder = tmp_path_factory.mktemp("three") / "records"
    done = launcher.run(
        "data_prep.build_lsp",
        f"--source={people}",
        f"--output_dir={folder}",
        *("--num_shards=3", "--test_fraction=0.25", "--val_fraction=0.2"),
    )
    assert done.returncode == 0, done.stderr
    return folder


def checkpoint(run_dir, step):
    """The arrays of a checkpoint by name, those of the optimizer too."""
    folder = run_paths.RunFolder(run_dir).checkpoints
    reader = tf.train.load_checkpoint(str(folder / f"ckpt-{step}"))
    return {
        name: reader.get_tensor(name)
        for name, kind in reader.get_variable_to_dtype_map().items()
        if kind.is_floating
    }


def assert_equal(found, wanted, tolerance):
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_allclose(
            found[name], values, atol=tolerance, err_msg=name
        )


def files_of(folder):
    return sorted(
        path.relative_to(folder) for path in folder.rglob("*") if path.is_file()
    )


def predictions(run_dir):
    with np.load(run_paths.RunFolder(run_dir).predictions) as arrays:
        return {k: v for k, v in arrays.items() if k != "digest"}


@pytest.mark.slow(120)
def test_two_workers_leave_what_one_process_leaves(three_shards, tmp_path):
    """Weights, predictions, displacements, metrics, of two stages."""
    for stage, more in (
        ("stage1", PROPORTIONAL),
        ("stage2", (*PROPORTIONAL, *STAGE_2)),
    ):
        run_dirs = [tmp_path / name / stage for name in ("one", "two")]
        before = [
            [f"--previous={run_dir.parent / 'stage1'}"]
            if stage == "stage2"
            else []
            for run_dir in run_dirs
        ]
        done = tiny.train(run_dirs[0], three_shards, *more, *before[0])
        assert done.returncode == 0, done.stderr
        job = worker_jobs.train(run_dirs[1], three_shards, *more, *before[1])
        for said, status in worker_jobs.ended(job):
            assert status == 0, said
            assert "optimizer failed" not in said
        assert_equal(*(checkpoint(r, 4) for r in run_dirs), tolerance=1e-4)
        one, two = map(predictions, run_dirs)
        assert one["person_ids"].tolist() == two["person_ids"].tolist()
        # Kernels are rounded to float16, perhaps to another neighbor.
        np.testing.assert_allclose(two["joints"], one["joints"], atol=0.01)
        measured = [
            json.loads(run_paths.RunFolder(run_dir).metrics.read_text())
            for run_dir in run_dirs
        ]
        for of in ("training", "validation"):
            one, two = (each[of]["figures"] for each in measured)
            assert one["auc"] == pytest.approx(two["auc"], abs=0.02)
        # The chief wrote what one process writes, and nobody anything else.
        one, two = (
            {path for path in files_of(r) if "tfevents" not in path.name}
            for r in run_dirs
        )
        assert one == two
        assert (tmp_path / "two" / "exported").is_dir()


@pytest.mark.slow(90)
@pytest.mark.parametrize("killed", [0, 1], ids=["chief", "other"])
def test_a_job_goes_on_where_a_worker_was_killed(killed, records_dir, tmp_path):
    """Two record files, so that each worker reads its own."""
    more = ("--steps=60", "--eval_every=20")
    worker_jobs.finished(
        worker_jobs.train(tmp_path / "whole" / "stage1", records_dir, *more)
    )
    run_dir = tmp_path / "killed" / "stage1"
    job = worker_jobs.train(run_dir, records_dir, *more)
    wait_for(run_dir / "checkpoints" / "ckpt-20.index", job)
    job[killed].kill()
    every = worker_jobs.ended(job)
    assert every[killed][1] == -signal.SIGKILL
    said, status = every[1 - killed]
    assert status == 1
    assert "Traceback" not in said
    last = said.strip().splitlines()[-1]
    assert last.startswith("error: another worker has gone")
    assert "start all workers again with the same command" in last
    exported = json.loads((run_dir / "exported.json").read_text())
    assert exported["version"] is None
    assert not (run_dir.parent / "exported").exists()
    again = worker_jobs.train(run_dir, records_dir, *more)
    for said, status in worker_jobs.ended(again):
        assert status == 0, said
        assert "Goes on at step" in said
    whole = checkpoint(tmp_path / "whole" / "stage1", 60)
    assert_equal(checkpoint(run_dir, 60), whole, tolerance=1e-4)


@pytest.mark.slow(60)
def test_a_signal_to_one_worker_stops_all(records_dir, tmp_path):
    run_dir = tmp_path / "stage1"
    more = ("--steps=100000", "--eval_every=20")
    job = worker_jobs.train(run_dir, records_dir, *more)
    wait_for(run_dir / "checkpoints" / "ckpt-20.index", job)
    job[1].send_signal(signal.SIGTERM)
    (chief, status), (other, other_status) = worker_jobs.ended(job)
    assert status == other_status == 128 + signal.SIGTERM
    last = chief.strip().splitlines()[-1]
    assert "stopped by a signal to another worker at step" in last
    step = last.partition(" at step ")[2].partition(";")[0]
    assert f"stopped by SIGTERM at step {step}" in other
    assert (run_dir / "checkpoints" / f"ckpt-{step}.index").exists()
    assert not run_paths.RunFolder(run_dir).lock.exists()


def test_a_batch_that_does_not_divide_is_refused(records_dir, tmp_path):
    """Before anybody waits for another."""
    job = worker_jobs.train(tmp_path / "run", records_dir, "--batch_size=7")
    for said, status in worker_jobs.ended(job):
        assert status == 1
        assert "does not divide among 2 replicas" in said
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("alone", [0, 1])
def test_a_worker_that_waits_for_another_can_be_stopped(
    alone, records_dir, tmp_path
):
    job = worker_jobs.train(tmp_path / "run", records_dir)
    job[1 - alone].kill()
    for line in job[alone].stderr:
        if "Waits for the " in line:
            break
    job[alone].send_signal(signal.SIGTERM)
    assert worker_jobs.ended(job)[alone][1] == 128 + signal.SIGTERM
    assert not (tmp_path / "run").exists()


def wait_for(path: pathlib.Path, job):
    while not path.exists():
        for process in job:
            assert process.poll() is None, process.stderr.read()
        time.sleep(0.1)
