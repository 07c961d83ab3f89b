"""Records by this machine: a process a core, each with shards of its own.

Threads would not do: on small pictures they spend more time handing Python's
lock over than working.
"""

import collections
import concurrent.futures
import contextlib
import gc
import multiprocessing
import os
import pathlib
import signal
import sys
import threading
import time
from collections.abc import Sequence

import tqdm

from data_prep.building import encoding
from data_prep.building import shards
from data_prep.building.options import Options
from data_prep.sources.annotations import Annotation
from deeppose_tf import errors

# Forked processes share the annotations; where forking is not safe, each is
# sent its own.
_START = "fork" if sys.platform == "linux" else "spawn"
_LOOK_SECONDS = 0.1  # Between looks at the progress.
_WATCH_SECONDS = 0.2  # Between looks at whether it is still wanted.
_STEP = 64  # Persons at once, and between tellings of it.
# What a process works on; set as it starts.
_work = {}


def write(
    people: Sequence[Annotation], folder: pathlib.Path, options: Options
) -> shards.Counts:
    """Writes the shards; the same people give the same bytes.

    Person i goes into shard i modulo their number, whatever the number of
    cores. No process of the pool outlives this call, nor the program.
    """
    context = multiprocessing.get_context(_START)
    done = context.Value("q", 0)
    stopped = context.Value("b", 0, lock=False)
    work = (os.getpid(), stopped, done, people, folder, options)
    with (
        _told_in_a_line(),
        concurrent.futures.ProcessPoolExecutor(
            min(os.cpu_count() or 1, options.num_shards), context, _start, work
        ) as pool,
        _nothing_more_after_an_error(pool, stopped),
    ):
        waiting = {
            pool.submit(_write_shard, number)
            for number in range(options.num_shards)
        }
        return _together(_results(waiting, done, len(people)))


def _results(waiting, done, total):
    with tqdm.tqdm(total=total, unit="person", disable=None) as bar:
        while waiting:
            ended, waiting = concurrent.futures.wait(waiting, _LOOK_SECONDS)
            # Without its lock, which a killed process may hold for good.
            bar.update(done.get_obj().value - bar.n)
            yield from (future.result() for future in ended)


@contextlib.contextmanager
def _nothing_more_after_an_error(pool, stopped):
    """Else the pool would write all shards before the error is told."""
    try:
        yield
    except BaseException:  # A signal's SystemExit among them.
        stopped.value = 1
        pool.shutdown(cancel_futures=True)
        raise


@contextlib.contextmanager
def _told_in_a_line():
    try:
        yield
    except concurrent.futures.BrokenExecutor as error:
        raise errors.InputError(
            "a process of the pool was killed, perhaps for want of memory; "
            "build again with less beside it, or set --max_side"
        ) from error


def _start(parent, stopped, done, people, folder, options):
    # An interrupted program ends, and tells its processes to; they say nothing
    # of their own. Its other handlers are not theirs.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # What is there now stays: it is neither searched nor copied again.
    gc.freeze()
    _work.update(people=people, folder=folder, options=options, done=done)
    _work.update(stopped=stopped, writing=False)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent):
    """Ends the process when the program is gone or wants no more shards.

    One that is handing a shard's counts over is left to: a message cut short
    would keep the program waiting for the rest.
    """
    while os.getppid() == parent and not (
        _work["stopped"].value and _work["writing"]
    ):
        time.sleep(_WATCH_SECONDS)
    os._exit(1)


def _write_shard(number):
    _work["writing"] = True
    try:
        if _work["stopped"].value:
            return collections.Counter(), {}, collections.Counter()
        return _written(number, _work["options"], _work["done"])
    finally:
        _work["writing"] = False


def _written(number, options, done):
    mine = _work["people"][number :: options.num_shards]
    skipped = collections.Counter()
    with shards.Writer(_work["folder"], number, options.num_shards) as writer:
        for first in range(0, len(mine), _STEP):
            some = mine[first : first + _STEP]
            for one in encoding.prepare(some, options):
                if one.record is None:
                    skipped[one.reason] += 1
                else:
                    writer.write(one.split, one.image_id, one.record)
            with done.get_lock():
                done.value += len(some)
    return writer.persons, writer.images, skipped


def _together(written):
    persons, skipped = collections.Counter(), collections.Counter()
    images = collections.defaultdict(set)
    for some_persons, some_images, some_skipped in written:
        persons += some_persons
        skipped += some_skipped
        for split, ids in some_images.items():
            images[split] |= ids
    numbers = {split: len(ids) for split, ids in images.items()}
    return shards.Counts(persons, collections.Counter(numbers), skipped)
