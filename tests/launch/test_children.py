"""Work that may crash."""

import os
import signal
import sys

import numpy as np
import pytest

from deeppose_tf.launch import children

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="work has a process of its own on Linux"
)


def run(work, seconds=9, memory=2**30):
    return children.run(work, seconds, memory)


def test_results_and_errors_come_back():
    np.testing.assert_array_equal(run(lambda: np.arange(3)), [0, 1, 2])
    with pytest.raises(KeyError, match="joints"):
        run(lambda: {}["joints"])


def test_a_crash_is_an_error():
    with pytest.raises(children.Crash):
        run(lambda: os.kill(os.getpid(), signal.SIGSEGV))


def test_work_ends_at_its_limits():
    def for_ever():
        while True:
            pass

    with pytest.raises(children.Crash):
        run(for_ever, seconds=1)
    with pytest.raises(MemoryError):
        run(lambda: bytes(2**31))
