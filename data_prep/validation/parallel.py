"""Maps a function over many items on all cores, in order."""

import collections
import concurrent.futures
import itertools
import os
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator

# Items in a task: for one small picture, a task costs more than the work.
_CHUNK = 32
# Tasks per thread that are begun before their results are wanted; few, to
# bound the memory of their pictures.
_AHEAD = 2


def in_order(function: Callable, items: Iterable) -> Iterator[tuple]:
    """Yields (item, function(item)).

    It uses threads: decoding by Pillow, hashing and reading from disk release
    Python's lock.
    """
    threads = os.cpu_count() or 1
    waiting = collections.deque()
    items = iter(items)

    def work(chunk):
        return [(item, function(item)) for item in chunk]

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        while chunk := list(itertools.islice(items, _CHUNK)):
            waiting.append(pool.submit(work, chunk))
            if len(waiting) > _AHEAD * threads:
                yield from waiting.popleft().result()
        for future in waiting:
            yield from future.result()
