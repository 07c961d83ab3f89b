"""Work in another thread, with results in order.

OpenCV, Pillow and networks let Python's other threads run while they work.
"""

import collections
import contextlib
import itertools
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from concurrent import futures
from typing import TypeVar

_Item = TypeVar("_Item")


def results(
    calls: Iterable[Callable[[], _Item]], ahead: int
) -> Iterator[_Item]:
    """What calls return, in their order; one thread makes them.

    An error of a call is raised where its result is asked for.

    Args:
        calls: functions, which the caller's thread takes from the iterable.
        ahead: so many calls are made, or wait, before their results are asked
            for.
    """
    waiting = collections.deque()
    with futures.ThreadPoolExecutor(1) as thread:
        try:
            for call in calls:
                waiting.append(thread.submit(call))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            # After an error, or where no more are asked for.
            for future in waiting:
                future.cancel()


def read_ahead(items: Iterable[_Item], ahead: int) -> Iterator[_Item]:
    """The items, of which a thread takes so many before they are asked for."""
    items, end = iter(items), object()
    calls = itertools.repeat(lambda: next(items, end))
    # Closed, the thread takes no more: whoever made the items may end them.
    with contextlib.closing(results(calls, ahead)) as taken:
        for item in taken:
            if item is end:
                return
            yield item


class EarlyCalls:
    """A function that may begin before it is called."""

    def __init__(self, function: Callable):
        """Keeps the function; it is called from two threads."""
        self._function = function
        self._thread = futures.ThreadPoolExecutor(1)
        self._begun = None

    def begin(self, *inputs):
        """Begins in another thread; what was begun before is forgotten."""
        result = self._thread.submit(self._function, *inputs)
        self._begun = inputs, result

    def __call__(self, *inputs):
        """What the function returns; it has begun if these are its inputs."""
        if self._begun is not None:
            begun, result = self._begun
            if all(a is b for a, b in zip(begun, inputs, strict=True)):
                return result.result()
        return self._function(*inputs)
