"""Checks the records of a data set in several processes, in order."""

import collections
import concurrent.futures
import contextlib
import itertools
import multiprocessing
import os
import pathlib
from collections.abc import Iterator

from data_prep.building import record_files
from data_prep.validation import checks
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.launch import processes

# Forked processes could not use TensorFlow where this one has used it.
_CONTEXT = multiprocessing.get_context("spawn")
_FEW = 10_000  # Persons; processes would take longer to start than to check.
_CHUNK = 64  # Records of a task.
# Tasks per process that are begun before their results are wanted.
_AHEAD = 2
_WAY_OUT = "end other programs and validate again, or give --jobs=1"
# State of a process; set as it starts.
_state = {}


class Checker:
    """Checks record files."""

    def __init__(self, submit, ahead):
        """Takes a function like `Executor.submit`, and how far to run ahead."""
        self._submit = submit
        self._ahead = ahead

    def records(
        self, path: pathlib.Path
    ) -> Iterator[tuple[int, checks.CheckedRecord]]:
        """Yields the place and the check of each record of a file, in order.

        Raises:
            record_files.Damaged: behind the records before the damage.
        """
        places, waiting = record_files.places(path), collections.deque()
        while chunk := list(itertools.islice(places, _CHUNK)):
            waiting.append((chunk, self._submit(_check, path, chunk)))
            if len(waiting) > self._ahead:
                yield from _results(*waiting.popleft())
        for task in waiting:
            yield from _results(*task)


@contextlib.contextmanager
def checker(
    skeleton: Skeleton, persons: int, jobs: int | None = None
) -> Iterator[Checker]:
    """A checker, which gives the same results by any number of processes.

    Args:
        skeleton: of the records.
        persons: about how many there are.
        jobs: number of processes; None for one a core, and for this one alone
            where there are few persons.
    """
    if jobs is None:
        jobs = 1 if persons < _FEW else os.cpu_count() or 1
    if jobs == 1:
        _start(skeleton)
        yield Checker(_call, ahead=0)
        return
    with processes.pool(jobs, _CONTEXT, _WAY_OUT, _start, (skeleton,)) as pool:
        yield Checker(pool.submit, _AHEAD * jobs)


def _call(function, *arguments):
    future = concurrent.futures.Future()
    future.set_result(function(*arguments))
    return future


def _start(skeleton):
    _state["skeleton"] = skeleton


def _check(path, places):
    """Checks of the records up to one that is damaged."""
    records = []
    with path.open("rb") as file, contextlib.suppress(record_files.Damaged):
        for place in places:
            records.append(record_files.read(file, place))
    return checks.check_all(records, _state["skeleton"]) if records else []


def _results(places, future):
    found = future.result()
    yield from zip(places, found, strict=False)
    if len(found) < len(places):
        raise record_files.Damaged
