"""Runs programs as a user does, most of them without their imports' seconds.

A program is a fork of the zygote (tests/zygote.py), a process that has
imported TensorFlow and the library: arguments, environment, working folder,
output, exit status and signals are the program's own.
"""

import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
_START_SECONDS = 300
_PROGRAM_SECONDS = 600
_zygotes = []  # The last one may be at work; the others have failed.


def run(module, *arguments, fresh=False, **environment):
    """Runs a program in the repository's root, as a user does.

    Args:
        module: as after `python -m`.
        *arguments: of the program.
        fresh: a process that imports everything itself.
        **environment: variables; some are read by imports, so the process is
            a fresh one.
    """
    arguments = list(map(str, arguments))
    if not (fresh or environment):
        return zygote().run(module, arguments)
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=_PROGRAM_SECONDS,
    )


def run_code(code, *arguments):
    """Runs a program in the repository's root, as `python -c` does."""
    return zygote().run(None, list(map(str, arguments)), code)


def refused(done, *words):
    """Whether a program ended in one line that has all the words."""
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr, done.stderr
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith("error: "), done.stderr
    for word in words:
        assert str(word) in line
    return True


def zygote():
    """The process that forks, started by the first who asks."""
    if not _zygotes or _zygotes[-1].closed:
        _zygotes.append(Zygote())
    return _zygotes[-1]


def seconds():
    """CPU seconds of all forks so far; they are no children of this process."""
    return sum(each.seconds for each in _zygotes)


def close():
    """Ends the zygote, if there is one."""
    if _zygotes and not _zygotes[-1].closed:
        _zygotes[-1].close()


class ZygoteError(RuntimeError):
    """The zygote failed, not the program."""


class Zygote:
    """A process that forks for each program."""

    def __init__(self, module="tests.zygote"):
        """Returns when it has imported everything."""
        self.seconds = 0.0
        self.closed = False
        self._lock = threading.Lock()
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            # Its own threads would be OpenBLAS's; a fork has no use for them.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            bufsize=0,
        )
        self._heard("ready", _START_SECONDS)

    def run(self, module, arguments, code=None, timeout=_PROGRAM_SECONDS):
        """As subprocess.run, with its output as text."""
        with self._lock, tempfile.TemporaryDirectory() as folder:
            output, errors = (pathlib.Path(folder) / name for name in "oe")
            output.touch()
            errors.touch()
            request = {
                "module": module,
                "code": code,
                "arguments": arguments,
                "cwd": str(ROOT),
                "environment": dict(os.environ),
                "stdout": str(output),
                "stderr": str(errors),
            }
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            command = [sys.executable, "-m", module, *arguments]
            status, late = self._ended(timeout)
            said = output.read_text(), errors.read_text()
            if late:
                raise subprocess.TimeoutExpired(command, timeout, *said)
            return subprocess.CompletedProcess(command, status, *said)

    def _ended(self, timeout):
        """Exit status, and whether it was killed for being late."""
        pid = self._heard("pid", _START_SECONDS)
        late = not self._speaks(timeout)
        if late:
            os.kill(pid, signal.SIGKILL)
        ended = self._heard("ended", _START_SECONDS)
        self.seconds += ended["seconds"]
        return ended["returncode"], late

    def _speaks(self, timeout):
        return bool(select.select([self._process.stdout], [], [], timeout)[0])

    def _heard(self, key, timeout):
        line = self._process.stdout.readline() if self._speaks(timeout) else b""
        reply = json.loads(line) if line.strip() else {}
        if key not in reply:
            self._log.seek(0)
            told = self._log.read()
            self.close()
            raise ZygoteError(f"said {line}, not {key}:\n{told}")
        return reply[key]

    def close(self):
        """Ends the process."""
        self.closed = True
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._log.close()
