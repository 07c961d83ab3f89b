"""A function over many items on all cores, in order, a few items ahead."""

import collections
import concurrent.futures
import os
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator

# Items under way for each thread: enough to keep it busy, few enough that
# their pictures take no memory to speak of.
_AHEAD = 8


def in_order(function: Callable, items: Iterable) -> Iterator[tuple]:
    """Yields (item, function(item)).

    Threads do: Pillow decodes, hashes are made and the disk is read without
    Python's lock.
    """
    threads = os.cpu_count() or 1
    waiting = collections.deque()
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        for item in items:
            waiting.append((item, pool.submit(function, item)))
            if len(waiting) > _AHEAD * threads:
                first, future = waiting.popleft()
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()
