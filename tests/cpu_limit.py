"""Holds tests to a limit of CPU seconds, and says which take the most.

Wall seconds depend on what else the machine does. A test's seconds are those
of its process, of its children, and of the programs that the zygote ran for it.
"""

import os

import pytest

from tests import launcher

_NAME = "cpu_seconds"
_SHOWN = 15


class CpuLimit:
    """Fails a test that is not marked slow and takes longer than the limit."""

    def __init__(self, limit: float):
        """`limit` is in CPU seconds."""
        self._limit = limit
        self._begun = 0.0
        self._shared = 0.0
        self._depth = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self):
        """Starts the clock."""
        self._begun, self._shared = spent(), 0.0
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef):
        """What a fixture of many tests takes is no single test's."""
        shared = fixturedef.scope != "function"
        begun = spent()
        self._depth += shared
        try:
            return (yield)
        finally:
            self._depth -= shared
            if shared and not self._depth:
                self._shared += spent() - begun

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        """Stops it."""
        result = yield
        took = spent() - self._begun - self._shared
        item.user_properties.append((_NAME, (took, self._shared)))
        if took > self._limit and not item.get_closest_marker("slow"):
            pytest.fail(
                f"{took:.0f} CPU seconds, want {self._limit} or less; make it "
                "cheaper, or mark it slow",
                pytrace=False,
            )
        return result

    def pytest_terminal_summary(self, terminalreporter):
        """The longest tests, and the sum of all."""
        rows = sorted(
            (*dict(report.user_properties)[_NAME], report.nodeid)
            for report in terminalreporter.getreports("passed")
            if report.when == "call" and _NAME in dict(report.user_properties)
        )
        terminalreporter.section(
            "CPU seconds (and of fixtures it was first at)"
        )
        for took, shared, name in reversed(rows[-_SHOWN:]):
            terminalreporter.line(f"{took:6.1f} {shared:6.1f} {name}")
        took, shared = (sum(row[i] for row in rows) for i in (0, 1))
        terminalreporter.line(f"{took:6.1f} {shared:6.1f} all tests")


def spent() -> float:
    """CPU seconds so far."""
    times = os.times()
    return sum(times[:4]) + launcher.seconds()
