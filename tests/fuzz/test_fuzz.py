"""A sample of `python -m tests.fuzz`; docs/reliability.md has the whole."""

import random

import pytest
from absl import logging

from tests.fuzz import attempts
from tests.fuzz import cases
from tests.fuzz import changes


@pytest.fixture(autouse=True)
def level():
    """The runs silence absl's log; tests after them want it."""

    before = logging.get_verbosity()
    yield
    logging.set_verbosity(before)


@pytest.mark.parametrize("reader", list(cases.ALL))
def test_readers_end_well_whatever_they_are_given(reader):
    ends = attempts.run(reader, 25, seed=100)
    assert sum(ends.values()) == 25
    assert not any(ends[end] for end in attempts.BAD)


@pytest.mark.slow(300)
@pytest.mark.parametrize("reader", list(cases.ALL))
def test_many_more(reader):
    ends = attempts.run(reader, 1000, seed=200)
    assert not any(ends[end] for end in attempts.BAD)


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        (ZeroDivisionError(), "traceback"),
        (changes.NotFinite("p"), "not finite"),
        (cases.errors.InputError("a.json: wrong"), "refused"),
    ],
)
def test_bad_ends_are_seen(monkeypatch, capsys, fault, end):
    def reader(folder):
        def attempt(rng):
            raise fault

        return attempt

    monkeypatch.setitem(cases.ALL, "made up", reader)
    assert attempts.run("made up", 3, seed=0) == {end: 3}
    assert ("made up, case 0" in capsys.readouterr().err) == (end != "refused")


def test_cases_come_again_with_their_seed():
    value = {"a": [1, 2, {"b": 3}]}
    one, same, other = (
        [repr(changes.of_json(random.Random(seed), value)) for _ in range(9)]
        for seed in (1, 1, 2)
    )
    assert one == same != other
    assert value == {"a": [1, 2, {"b": 3}]}
