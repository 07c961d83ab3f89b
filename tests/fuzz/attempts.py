"""Runs cases, and counts how they end."""

import collections
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import traceback
import warnings

from absl import logging

from deeppose_tf import errors
from tests.fuzz import cases
from tests.fuzz import changes

# After which a case hangs: of CPU time where it works, and where it waits.
_CPU_SECONDS, _SECONDS = 30, 300
_SHOWN = 5  # Tracebacks of a reader.
BAD = ("traceback", "not finite", "hang")
ENDS = ("read", "refused", *BAD)


class _Hang(BaseException):
    """No `except Exception` may swallow it."""


def run(reader: str, count: int, seed: int) -> collections.Counter:
    """Runs the cases of a reader, and prints what ended badly.

    Returns:
        For each of ENDS the number of cases.
    """
    logging.set_verbosity(logging.ERROR)
    for number in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(number, _hang)
    ends = collections.Counter()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        source = pathlib.Path(folder) / "source"
        source.mkdir()
        attempt = cases.ALL[reader](source)
        for number in range(count):
            end, said = _end(attempt, f"{reader} {seed} {number}")
            ends[end] += 1
            if end in BAD and ends[end] <= _SHOWN:
                print(
                    f"{reader}, case {number}: {end}\n{said}", file=sys.stderr
                )
    return ends


def _end(attempt, name):
    """How a case ends, and what there is to say of it."""
    signal.setitimer(signal.ITIMER_REAL, _SECONDS)
    signal.setitimer(signal.ITIMER_PROF, _CPU_SECONDS)
    try:
        attempt(random.Random(name))
        return "read", ""
    except errors.InputError:
        return "refused", ""
    except changes.NotFinite as error:
        return "not finite", str(error)
    except (_Hang, subprocess.TimeoutExpired):
        return "hang", traceback.format_exc()
    except Exception:
        return "traceback", traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)


def _hang(number, frame):
    raise _Hang
