"""A build whose processes are killed, or that is ended from outside."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image

from tests import launcher
from tests.data_prep import layouts

_SECONDS = 30
_SHARDS = 8
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def source(tmp_path):
    """People whose picture takes long to shrink: a minute for all."""
    folder = layouts.write_source(tmp_path / "source", layouts.extended(400))
    slow = tmp_path / "source" / "slow.png"
    Image.new("L", (12_000, 4_000), 9).save(slow)
    for path in (folder / "images").iterdir():
        path.unlink()
        path.symlink_to(slow)
    return folder


@contextlib.contextmanager
def building(source, output):
    """A build at work, and its processes."""
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "data_prep.build_lsp"),
            *(f"--source={source}", f"--output_dir={output}"),
            *(f"--num_shards={_SHARDS}", "--max_side=16"),
        ],
        cwd=launcher.ROOT,
        stderr=subprocess.PIPE,
        text=True,
        # Behind nohup it is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as program:
        workers = min(os.cpu_count() or 1, _SHARDS)
        # Not the process that reads joints.mat before.
        begun = f".{output.name}.*.writing"
        until(lambda: any(output.parent.glob(begun)))
        try:
            until(lambda: len(_children(program)) == workers)
            yield program, _children(program)
        finally:
            program.kill()  # One that hangs is not waited for.


def _children(program):
    of = f"/proc/{program.pid}/task/{program.pid}/children"
    return [int(pid) for pid in pathlib.Path(of).read_text().split()]


def until(condition):
    end = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def running(pid):
    try:  # Who has ended may wait for its parent still.
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize(
    "sent", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL]
)
def test_no_process_outlives_an_ended_build(source, tmp_path, sent):
    output = tmp_path / "a" / "records"
    with building(source, output) as (program, pids):
        program.send_signal(sent)
        assert program.wait(_SECONDS) != 0
        until(lambda: not any(map(running, pids)))
    if sent != signal.SIGKILL:
        assert [path.name for path in tmp_path.iterdir()] == ["source"]


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_a_signal_while_the_pool_forks_ends_the_build(tmp_path, name, code):
    """It has processes then, and no thread that would tell them to end."""
    source = layouts.write_source(tmp_path / "source", layouts.extended(20))
    program = f"""if True:
        import concurrent.futures, runpy, signal, sys

        pool = concurrent.futures.ProcessPoolExecutor
        launch = pool._launch_processes

        def launch_and_stop(self):
            launch(self)
            signal.raise_signal(signal.{name})

        pool._launch_processes = launch_and_stop
        signal.signal(signal.SIGINT, signal.default_int_handler)
        runpy.run_module("data_prep.build_lsp", run_name="__main__")
    """
    with subprocess.Popen(
        [
            *(sys.executable, "-c", program, f"--source={source}"),
            f"--output_dir={tmp_path / 'records'}",
        ],
        cwd=launcher.ROOT,
        stderr=subprocess.PIPE,
        text=True,
    ) as build:
        try:
            assert build.wait(_SECONDS) == code
        finally:
            build.kill()
        assert f"stopped by {name}" in build.stderr.read()
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_killed_process_ends_in_a_line(source, tmp_path):
    with building(source, tmp_path / "records") as (program, pids):
        os.kill(pids[0], signal.SIGKILL)
        said = program.stderr.read()
        assert program.wait(_SECONDS) != 0
    line = said.strip().splitlines()[-1]
    assert line.startswith("error: a process of the pool was killed")
    assert "--max_side" in line
    assert [path.name for path in tmp_path.iterdir()] == ["source"]
