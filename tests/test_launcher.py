"""A fork of the zygote is to a program what a process of its own is."""

import subprocess
import sys

import pytest

from tests import launcher

PROGRAMS = {
    "ends": "print('said'); print('told', file=sys.stderr)",
    "status": "print('said', end=''); sys.exit(3)",
    "words": "sys.exit('error: wrong')",
    "none": "sys.exit(None)",
    "raises": "raise ValueError('wrong')",
    "interrupted": "raise KeyboardInterrupt",
    "signal": "os.kill(os.getpid(), 15)",
    "abort": "os.abort()",
    "at exit": "import atexit; atexit.register(print, 'last'); sys.exit(2)",
    "thread": (
        "import threading, time\n"
        "threading.Thread(target=lambda: (time.sleep(0.2), print('late')))"
        ".start()"
    ),
    "sees": "print(sys.argv[1:], os.getcwd(), os.environ['SEEN'], __name__)",
    "input": "print(repr(sys.stdin.read()))",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_fork_ends_as_a_process_does(name, monkeypatch):
    monkeypatch.setenv("SEEN", "yes")
    code = "import os, sys\n" + PROGRAMS[name]
    found = launcher.run_code(code, "a", 1)
    want = subprocess.run(
        [sys.executable, "-c", code, "a", "1"],
        cwd=launcher.ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert found.returncode == want.returncode
    assert found.stdout == want.stdout
    assert found.stderr.splitlines()[-1:] == want.stderr.splitlines()[-1:]


def test_a_module_is_run_as_main():
    found = launcher.run("tests.zygote")
    # It ends where there is nothing to read.
    assert found.stdout == '{"ready": true}\n', found.stderr
    assert found.returncode == 0


def test_forks_draw_numbers_of_their_own():
    code = (
        "import random, numpy as np; print(random.random(), np.random.rand())"
    )
    one, other = (launcher.run_code(code).stdout.split() for _ in range(2))
    assert not set(one) & set(other)


def test_a_late_program_is_killed_and_the_next_one_runs():
    zygote = launcher.zygote()
    code = "import time; print('begun', flush=True); time.sleep(60)"
    with pytest.raises(subprocess.TimeoutExpired) as late:
        zygote.run(None, [], code, timeout=1)
    assert late.value.stdout == "begun\n"
    assert launcher.run_code("print(2)").stdout == "2\n"


def test_seconds_are_those_of_a_program_and_its_children():
    before = launcher.seconds()
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    launcher.run_code(
        f"import subprocess, sys\n{busy}\n"
        f"subprocess.run([sys.executable, '-c', {busy!r}])"
    )
    assert 0.55 < launcher.seconds() - before < 5.0


def test_a_zygote_that_fails_says_why():
    with pytest.raises(launcher.ZygoteError, match="No module named .*nothing"):
        launcher.Zygote("tests.nothing")


def test_variables_that_are_given_are_there_at_the_start(tmp_path):
    done = launcher.run("site", PYTHONPATH=tmp_path)
    assert f"'{tmp_path}'," in done.stdout
    assert f"'{tmp_path}'," not in launcher.run("site").stdout
