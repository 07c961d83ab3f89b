"""The program `train_cascade`: two tiny stages by one command."""

import pathlib
import signal
import subprocess
import sys
import time

import pytest

from tests import launcher
from tests.launcher import refused
from tests.launcher import run
from tests.runs import test_recipes


@pytest.fixture
def command(records_dir, tmp_path):
    """The arguments of a cascade of two stages."""
    folder = test_recipes.recipe(
        tmp_path / "flags", ["--eval_every=2"], test_recipes.STAGE_2
    )
    return [
        str(folder),
        f"--data_dir={records_dir}",
        f"--cascade_dir={tmp_path / 'runs' / 'mine'}",
        f"--export_dir={tmp_path / 'exported'}",
        "--verbosity=0",
    ]


def started(command):
    return subprocess.Popen(
        [sys.executable, "-m", "deeppose_tf.train_cascade", *command],
        cwd=launcher.ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow(60)
def test_a_stopped_cascade_goes_on_and_trains_all_stages(command, tmp_path):
    first = tmp_path / "runs" / "mine" / "stage1"
    running = started([*command, "--steps=500"])
    while not (first / "last.weights.h5").exists():
        assert running.poll() is None, running.stderr.read()
        time.sleep(0.05)
    running.send_signal(signal.SIGTERM)
    _, said = running.communicate()
    assert running.returncode == 143, said
    last = said.strip().splitlines()[-1]
    assert last.startswith("stopped by SIGTERM at step ")
    assert "run the same command to go on" in last
    assert not first.with_name("stage2").exists()
    step = int(last.partition("at step ")[2].partition(";")[0])
    done = run("deeppose_tf.train_cascade", *command, f"--steps={step + 1}")
    assert done.returncode == 0, done.stderr
    assert f"Goes on at step {step}" in done.stderr
    assert "Stage 2 of the 2" in done.stderr
    for stage in (1, 2):
        assert (first.with_name(f"stage{stage}") / "metrics.json").exists()
        assert (tmp_path / "exported" / str(stage)).exists()
    again = run("deeppose_tf.train_cascade", *command, f"--steps={step + 1}")
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("nothing is exported") == 2


def test_a_stage_that_fails_ends_the_cascade(command, tmp_path):
    """Its network has no such weights, which only its own program finds."""
    done = run("deeppose_tf.train_cascade", *command, "--weights=imagenet")
    assert refused(done, "tiny has no imagenet weights")
    assert not (tmp_path / "runs" / "mine" / "stage2").exists()


def test_flags_of_one_stage_and_stray_words_are_refused(command):
    program = "deeppose_tf.train_cascade"
    for flag in ("--stage=2", "--run_dir=runs/x", "--previous=runs/x"):
        assert refused(run(program, *command, flag), flag, "--cascade_dir")
    assert refused(run(program, *command[1:]), "want one folder")
    assert refused(run(program, *command, "more"), "more", "want one folder")


def test_a_training_that_is_killed_is_named(tmp_path):
    """As by the system, when memory runs out."""
    code = """if True:
        import os, signal, subprocess, sys
        from deeppose_tf.launch import stage_process

        class Killed(subprocess.Popen):
            def __init__(self, command, **how):
                super().__init__(["sh", "-c", "kill -KILL $$"], **how)

        subprocess.Popen = Killed
        stage_process.train([])
    """
    done = launcher.run_code(code)
    assert done.returncode == 137
    assert refused(done, "ended by SIGKILL", "same command")


def test_ctrl_c_reaches_the_training_once(tmp_path):
    """A terminal sends it to the whole foreground, a supervisor to one."""
    code = """if True:
        import os, signal, subprocess, sys, threading, time
        from deeppose_tf.launch import stage_process

        child = '''if True:
            import signal, sys, time
            seen = []
            signal.signal(signal.SIGINT, lambda *_: seen.append(1))
            open(sys.argv[1], "w").close()
            while not seen: time.sleep(0.01)
            time.sleep(0.3)
            print("signals", len(seen), file=sys.stderr, flush=True)
        '''

        class Child(subprocess.Popen):
            def __init__(self, command, **how):
                super().__init__(
                    [sys.executable, "-c", child, sys.argv[1]], **how
                )

        def interrupt():
            while not os.path.exists(sys.argv[1]): time.sleep(0.01)
            os.killpg(0, signal.SIGINT)

        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.setpgid(0, 0)
        subprocess.Popen = Child
        threading.Thread(target=interrupt).start()
        stage_process.train([])
    """
    done = launcher.run_code(code, pathlib.Path(tmp_path / "ready"))
    assert done.returncode == 130, done.stderr
    assert done.stderr == "signals 1\n"
