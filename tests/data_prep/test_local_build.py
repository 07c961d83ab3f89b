"""A build that is ended from outside leaves no process and no folder."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from tests import conftest

# A build of two people, each of whom would take for ever.
_PROGRAM = """
import os, pathlib, signal, sys, time
from data_prep.building import encoding, local_build, person_box, shards
from data_prep.building.options import Options
from data_prep.sources import lsp

def forever(people, options):
    (pathlib.Path(sys.argv[2]) / f"pid-{os.getpid()}").touch()
    time.sleep(600)

def end(number, frame):
    raise {error}

encoding.prepare = forever
signal.signal(signal.SIGTERM, end)
rule = person_box.Rule("image", 1.0, False)
people = lsp.read(sys.argv[1])
options = Options(sys.argv[3], rule, 8, 0.0, 0.0, None, {})
with shards.whole_or_nothing(sys.argv[3], shards.holds_records) as folder:
    local_build.write(people, folder, options)
"""
_SECONDS = 30


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


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (signal.SIGTERM, "SystemExit(3)"),
        (signal.SIGTERM, "KeyboardInterrupt"),
        (signal.SIGKILL, "ValueError"),
    ],
)
def test_no_process_outlives_an_ended_build(people, tmp_path, sent, error):
    output = tmp_path / "a" / "records"
    marks = tmp_path / "marks"
    marks.mkdir()
    with subprocess.Popen(
        [
            *(sys.executable, "-c", _PROGRAM.replace("{error}", error)),
            *map(str, (people, marks, output)),
        ],
        cwd=conftest.ROOT,
        stderr=subprocess.DEVNULL,
    ) as program:
        workers = min(os.cpu_count() or 1, 8)
        until(lambda: len(list(marks.iterdir())) == workers)
        pids = [int(path.name.removeprefix("pid-")) for path in marks.iterdir()]
        program.send_signal(sent)
        assert program.wait(_SECONDS) != 0
    until(lambda: not any(map(running, pids)))
    if sent != signal.SIGKILL:
        assert [path.name for path in tmp_path.iterdir()] == ["marks"]
