"""Trainings that are stopped or killed go on, and end as unbroken ones.

A few stops in `make test`; fifty of the training loop and six of the program
in `make test-all`.
"""

import collections
import contextlib
import json
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.compat.proto import event_pb2

from deeppose_tf.launch import cluster
from deeppose_tf.models import run_paths
from deeppose_tf.training import checkpoints
from deeppose_tf.training import stops
from deeppose_tf.training import workers
from tests import launcher
from tests.tiny import TINY
from tests.training.test_trainer import batches
from tests.training.test_trainer import fit

STEPS = 30
KINDS = {
    "plain": {"dropout": 0.5},
    "average": {"weight_average": 0.9},
    "rle": {"loss": "rle"},
    "patience": {"patience": 4},
}
# The step by which a training is ended, where that is before its own end at 25.
BEFORE = {"patience": 20}


class Killed(BaseException):
    """Ends a training as SIGKILL would: nothing of it catches this."""


def stopping(at, how):
    """Batches of which the one of a step sends a signal."""

    def make(start):
        def end(i):
            if int(i) == at:
                signal.raise_signal(how)
            return np.int64(0)

        made = (
            batches(start)
            .enumerate(start)
            .map(
                lambda i, batch: (batch, tf.numpy_function(end, [i], tf.int64))
            )
        )
        return made.map(lambda batch, _: batch)

    return make


def points(run_dir):
    """How often TensorBoard shows each point, by run, tag and step."""
    shown = collections.Counter()
    for path in pathlib.Path(run_dir).glob("tensorboard/*/events*"):
        for raw in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            event = event_pb2.Event.FromString(raw)
            for value in event.summary.value:
                shown[path.parent.name, value.tag, event.step] += 1
    return shown


@contextlib.contextmanager
def killed_at_a_write(rng):
    """A kill just before some file gets its name, or just after."""
    write = pathlib.Path.replace
    count, is_after = rng.randrange(25), rng.random() < 0.5
    done = []

    def replace(path, target):
        done.append(path)
        if len(done) > count and not is_after:
            raise Killed
        written = write(path, target)
        if len(done) > count:
            raise Killed
        return written

    with mock.patch.object(pathlib.Path, "replace", replace):
        yield


def broken_and_resumed(folder, kind, rng):
    """A training that ends early up to three times."""
    options = KINDS[kind]
    for _ in range(rng.randint(1, 3)):
        step = rng.randrange(BEFORE.get(kind, STEPS))
        how = rng.choice(["kill", "write", signal.SIGTERM, signal.SIGINT])
        seen = []

        def evaluate(step=step, how=how, seen=seen):
            # Evaluations are every 5 steps; a kill may come in one of them.
            seen.append(None)
            if how == "kill" and 5 * len(seen) >= step:
                raise Killed
            return {"validation": {"score": 1.0}}

        by_signal = isinstance(how, signal.Signals)
        with contextlib.ExitStack() as dying:
            if how == "write":
                dying.enter_context(killed_at_a_write(rng))
            try:
                fit(
                    folder,
                    STEPS,
                    eval_every=5,
                    evaluate=evaluate,
                    data=stopping(step, how) if by_signal else batches,
                    **options,
                )
            except Killed:
                continue
            except SystemExit as stop:
                assert stop.code == 128 + how
    return fit(folder, STEPS, eval_every=5, **options)


@pytest.mark.parametrize(
    "seeds",
    [
        pytest.param([0, 1, 3], id="sample"),
        pytest.param([2, *range(4, 50)], id="all", marks=pytest.mark.slow(400)),
    ],
)
def test_a_training_that_ended_early_ends_as_an_unbroken_one(tmp_path, seeds):
    unbroken = {}
    for seed in seeds:
        rng = random.Random(seed)
        kind = list(KINDS)[seed % len(KINDS)]
        if kind not in unbroken:
            folder = tmp_path / kind
            unbroken[kind] = (
                folder,
                fit(folder, STEPS, eval_every=5, **KINDS[kind]),
            )
        want_folder, want = unbroken[kind]
        folder = tmp_path / str(seed)
        found = broken_and_resumed(folder, kind, rng)
        for ours, theirs in zip(found.weights, want.weights, strict=True):
            np.testing.assert_array_equal(ours, theirs, err_msg=str(seed))
        for name in ("best", "last"):
            paths = [
                getattr(run_paths.RunFolder(place), f"{name}_weights")
                for place in (folder, want_folder)
            ]
            assert all(path.exists() for path in paths)
        assert points(folder) == points(want_folder), seed
        last = max(step for _, _, step in points(folder))
        assert last == (25 if kind == "patience" else STEPS)
        shutil.rmtree(folder)


def test_a_kill_before_the_first_weights_have_a_checkpoint(tmp_path):
    save = checkpoints.Saver.save_state

    def dying(saver, step):
        if step > 0:
            raise Killed
        save(saver, step)

    with mock.patch.object(checkpoints.Saver, "save_state", dying):
        with pytest.raises(Killed):
            fit(tmp_path / "a", 10, eval_every=5)
    assert run_paths.RunFolder(tmp_path / "a").last_weights.exists()
    found = fit(tmp_path / "a", 10, eval_every=5)
    want = fit(tmp_path / "b", 10, eval_every=5)
    for ours, theirs in zip(found.weights, want.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_stop_says_where_to_go_on_from(tmp_path, capfd):
    with pytest.raises(SystemExit) as stop:
        fit(tmp_path, STEPS, data=stopping(12, signal.SIGTERM))
    assert stop.value.code == 143
    said = capfd.readouterr().err
    assert "stopped by SIGTERM at step" in said
    assert "run the same command to go on" in said
    step = int(said.partition("at step ")[2].partition(";")[0])
    # Batches are made a little ahead of the step that takes them.
    assert 1 <= step <= 13
    prefix = tmp_path / "checkpoints" / f"ckpt-{step}.index"
    assert prefix.exists()


@contextlib.contextmanager
def cut_off(at):
    """Batches up to a step, no more; a signal comes when that was noticed."""
    is_cut, over = threading.Event(), threading.Event()

    def wait(i):
        if int(i) == at:
            is_cut.set()
            over.wait()
        return np.int64(0)

    def noticed(*words):
        if is_cut.is_set():
            signal.raise_signal(signal.SIGTERM)

    def make(start):
        made = batches(start).enumerate(start)
        made = made.map(
            lambda i, batch: (batch, tf.numpy_function(wait, [i], tf.int64))
        )
        return made.map(lambda batch, _: batch)

    with (
        mock.patch.object(stops, "_LONG", 1.0),
        mock.patch.object(stops.logging, "warning", noticed),
    ):
        yield make
    over.set()


def test_a_training_whose_input_is_gone_hears_a_signal(tmp_path, capfd):
    with cut_off(7) as data, pytest.raises(SystemExit) as stop:
        fit(tmp_path / "a", 10, data=data, is_remote=True)
    assert stop.value.code == 143
    said = capfd.readouterr().err
    assert "stopped by SIGTERM at step 7; run the same command" in said
    assert (tmp_path / "a" / "checkpoints" / "ckpt-7.index").exists()
    found = fit(tmp_path / "a", 10, is_remote=True)
    want = fit(tmp_path / "b", 10)
    for ours, theirs in zip(found.weights, want.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_worker_whose_input_is_gone_ends_without_the_others(tmp_path, capfd):
    """They could not save with it, and go on from the last checkpoint."""
    with cut_off(7) as data, pytest.raises(SystemExit):
        fit(tmp_path, 10, data=data, is_remote=True, of=OneOfTwo)
    said = capfd.readouterr().err
    assert "at step 7; run the same command to go on from the last " in said
    names = {p.stem for p in (tmp_path / "checkpoints").glob("*.index")}
    assert names == {"ckpt-0"}


class OneOfTwo(workers.Workers):
    """A worker with another one, of which nothing is ever heard."""

    def __init__(self, strategy):
        super().__init__(strategy, cluster.Cluster(("a:1", "b:2")))

    def any_of(self, *flags):
        return flags


def test_checkpoints_come_by_the_clock(tmp_path):
    fit(tmp_path, 4, eval_every=100, checkpoint_minutes=0.0)
    names = {p.stem for p in (tmp_path / "checkpoints").glob("*.index")}
    # The last two.
    assert names == {"ckpt-3", "ckpt-4"}


FLAGS = ("--steps=12", "--eval_every=4", "--checkpoint_minutes=0.02")


def program(run_dir, records_dir, *more):
    return subprocess.Popen(
        [
            sys.executable,
            *("-m", "deeppose_tf.train"),
            *TINY,
            *FLAGS,
            f"--data_dir={records_dir}",
            f"--run_dir={run_dir}",
            f"--export_dir={run_dir.parent / 'exported'}",
            *more,
        ],
        cwd=launcher.ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow(400)
@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("stage 1", ("--weight_average=0.9",)),
        ("pooled", ("--stage=2", "--refiner=pooled", "--trunk=stage1")),
        (
            "per_joint",
            ("--stage=2", "--refiner=per_joint", "--joints=neck,left_hip"),
        ),
    ],
)
def test_the_program_goes_on_after_any_end(
    stage1, records_dir, tmp_path, name, more
):
    """Killed at a random moment, then stopped at one, then let be."""
    if "--stage=2" in more:
        more = (*more, f"--previous={stage1}")
    unbroken = tmp_path / "a" / "run"
    begun = time.monotonic()
    done = program(unbroken, records_dir, *more)
    _, said = done.communicate()
    assert done.returncode == 0, said
    length = time.monotonic() - begun
    rng = random.Random(name)
    folder = tmp_path / "b" / "run"
    for sign in (signal.SIGKILL, signal.SIGTERM):
        running = program(folder, records_dir, *more)
        time.sleep(length * rng.uniform(0.3, 0.95))
        running.send_signal(sign)
        _, said = running.communicate()
        assert running.returncode in (0, -9, -15, 143), said
        assert "Traceback" not in said
    last = program(folder, records_dir, *more)
    _, said = last.communicate()
    assert last.returncode == 0, said
    for path in unbroken.rglob("*.weights.h5"):
        ours = folder / path.relative_to(unbroken)
        assert weights_in(ours) == weights_in(path), (path, said)
    assert (folder / "metrics.json").read_text() == (
        unbroken / "metrics.json"
    ).read_text()
    exported = tmp_path / "b" / "exported"
    versions = [p for p in exported.iterdir() if p.name.isdecimal()]
    assert len(versions) == 1
    card = json.loads((versions[0] / "assets" / "deeppose.json").read_text())
    assert len(card["stages"]) == (2 if "--stage=2" in more else 1)


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_a_signal_during_a_callback_ends_the_program_too(name, code):
    """Python drops what is raised in a weak reference's callback."""
    program = f"""if True:
        import signal, time, weakref
        from deeppose_tf.launch import app

        class Thing:
            pass

        def main(argv):
            thing = Thing()
            kept = weakref.ref(
                thing, lambda _: signal.raise_signal(signal.{name})
            )
            del thing
            for _ in range(200):
                time.sleep(0.01)
            print("went on to its end")

        signal.signal(signal.SIGINT, signal.default_int_handler)
        app.run(main)
    """
    done = launcher.run_code(program)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert not done.stdout


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_what_a_library_makes_of_a_signal_ends_the_program_too(name, code):
    program = f"""if True:
        import signal
        from deeppose_tf.launch import app

        def main(argv):
            try:
                signal.raise_signal(signal.{name})
            finally:
                # As tf_stack does when a trace is cut short.
                raise AssertionError("Concurrent access?")

        signal.signal(signal.SIGINT, signal.default_int_handler)
        app.run(main)
    """
    done = launcher.run_code(program)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1] == f"stopped by {name}"


def weights_in(path):
    """By name, the bytes of what a .weights.h5 file holds."""
    import h5py

    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: (
                found.update({name: item[()].tobytes()})
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
    return found
