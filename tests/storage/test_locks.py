import json
import multiprocessing
import pathlib

import pytest

from deeppose_tf import errors
from deeppose_tf.storage import locks


def _hold(path, held, done):
    with locks.held(pathlib.Path(path), "--run_dir=x"):
        held.set()
        done.wait(30)


def test_the_second_writer_is_told_who_the_first_one_is(tmp_path):
    path = tmp_path / ".lock"
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(str(path), held, done))
    other.start()
    try:
        assert held.wait(30)
        with pytest.raises(errors.InputError) as caught:
            with locks.held(path, "--run_dir=x"):
                pytest.fail("two writers")
        assert f"process {other.pid} of " in str(caught.value)
        assert "--run_dir=x" in str(caught.value)
        assert path.exists()
    finally:
        done.set()
        other.join(30)
    assert not path.exists()


def test_a_lock_of_a_process_that_was_killed_is_taken_over(tmp_path, caplog):
    path = tmp_path / ".lock"
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(str(path), held, done))
    other.start()
    assert held.wait(30)
    other.kill()
    other.join(30)
    assert json.loads(path.read_text())["process"] == other.pid
    with caplog.at_level("INFO", logger="absl"):
        with locks.held(path, "--run_dir=x"):
            pass
    assert f"process {other.pid} " in caplog.text
    assert not path.exists()


def test_an_error_releases_the_lock(tmp_path):
    path = tmp_path / ".lock"
    with pytest.raises(RuntimeError):
        with locks.held(path, "--run_dir=x"):
            raise RuntimeError
    with locks.held(path, "--run_dir=x"):
        assert path.exists()
