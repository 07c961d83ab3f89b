"""The test of the tests: one that takes too long fails the run."""

pytest_plugins = ["pytester"]

_CONFTEST = """
from tests.cpu_limit import CpuLimit

def pytest_configure(config):
    config.addinivalue_line("markers", "slow")
    config.pluginmanager.register(CpuLimit(0.3))
"""
_TESTS = """
import subprocess, sys, time
import pytest
from tests import launcher

CODE = "import time\\nwhile time.process_time() < {seconds}: pass"

def test_itself():
    end = time.process_time() + 0.5
    while time.process_time() < end:
        pass

def test_a_child():
    code = CODE.format(seconds=0.5)
    subprocess.run([sys.executable, "-c", code], check=True)

def test_a_fork_of_the_zygote():
    launcher.run_code(CODE.format(seconds=0.5))

@pytest.mark.slow
def test_marked():
    test_itself()

def test_short():
    time.sleep(0.5)

@pytest.fixture(scope="module")
def shared():
    test_itself()

def test_first_at_a_fixture(shared):
    pass
"""


def test_only_unmarked_tests_are_held_to_the_limit(pytester):
    pytester.makeconftest(_CONFTEST)
    pytester.makepyfile(_TESTS)
    done = pytester.runpytest_inprocess(
        "-p", "no:cacheprovider", "-p", "no:xdist"
    )
    done.assert_outcomes(passed=3, failed=3)
    done.stdout.fnmatch_lines(
        ["FAILED*test_itself*", "FAILED*test_a_child*", "FAILED*zygote*"]
    )
    done.stdout.fnmatch_lines(["*CPU seconds, want 0.3 or less*"])
