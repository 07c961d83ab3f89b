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
from collections.abc import Sequence

import tqdm

from data_prep import encoding
from data_prep import shards
from data_prep.annotations import Annotation
from data_prep.options import Options
from deeppose_tf import errors

# Forked processes share the annotations; where forking is not safe, each is
# sent its own.
_START = "fork" if sys.platform == "linux" else "spawn"
_LOOK_SECONDS = 0.1  # Between looks at the progress.
_STEP = 64  # Persons at once, and between tellings of it.
# What a process works on; set as it starts.
_work = {}


def write(
    people: Sequence[Annotation], folder: pathlib.Path, options: Options
) -> shards.Counts:
    """Writes the shards; the same people give the same bytes.

    Person i goes into shard i modulo their number, whatever the number of
    cores.
    """
    context = multiprocessing.get_context(_START)
    done = context.Value("q", 0)
    with concurrent.futures.ProcessPoolExecutor(
        min(os.cpu_count() or 1, options.num_shards),
        context,
        _start,
        (people, folder, options, done),
    ) as pool:
        waiting = {
            pool.submit(_write_shard, number)
            for number in range(options.num_shards)
        }
        written = []
        with (
            _nothing_more_after_an_error(pool),
            tqdm.tqdm(total=len(people), unit="person", disable=None) as bar,
        ):
            while waiting:
                ended, waiting = concurrent.futures.wait(waiting, _LOOK_SECONDS)
                # Without its lock, which a killed process may hold for good.
                bar.update(done.get_obj().value - bar.n)
                written += [future.result() for future in ended]
    return _together(written)


@contextlib.contextmanager
def _nothing_more_after_an_error(pool):
    """Else the shards that wait would be written before it is told."""
    try:
        yield
    except concurrent.futures.BrokenExecutor as error:
        raise errors.InputError(
            "a process of the pool was killed, perhaps for want of memory; "
            "build again with less beside it, or set --max_side"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _start(people, folder, options, done):
    # An interrupted program ends; its processes say nothing of their own.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # What is there now stays: it is neither searched nor copied again.
    gc.freeze()
    _work.update(people=people, folder=folder, options=options, done=done)


def _write_shard(number):
    options, done = _work["options"], _work["done"]
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
