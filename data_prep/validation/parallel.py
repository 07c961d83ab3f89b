"""A function over many items on all cores, in order, a few items ahead."""

import collections
import concurrent.futures
import itertools
import os
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator

# Items that a thread takes at once: one by one, handing over costs more than
# the work on a small picture.
_CHUNK = 32
# Chunks under way for each thread: few, so that their pictures take no memory
# to speak of.
_AHEAD = 2


def in_order(function: Callable, items: Iterable) -> Iterator[tuple]:
    """Yields (item, function(item)).

    Threads do: Pillow decodes, hashes are made and the disk is read without
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
