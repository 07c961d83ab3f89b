"""Writes records on this machine: a process a core, each with its own shards.

Threads would spend more time on handing over Python's lock than on small
pictures.
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
from data_prep.building.build_options import Options
from data_prep.sources.annotations import Annotation
from deeppose_tf import errors

# Forked processes share the annotations; where forking is not safe, each gets a
# copy.
_START = "fork" if sys.platform == "linux" else "spawn"
_PROGRESS_SECONDS = 0.1  # Between updates of the progress bar.
_WATCH_SECONDS = 0.2  # Between a process's checks of whether to end.
_STEP = 64  # Persons encoded at once, between updates of the count.
_ENDING = (signal.SIGINT, signal.SIGTERM)
# State of a process of the pool; set as it starts.
_state = {}


def write(
    people: Sequence[Annotation], folder: pathlib.Path, options: Options
) -> shards.Counts:
    """Writes the shards; the same people give the same bytes.

    Person i goes into shard i modulo num_shards, whatever the number of cores.
    No process of the pool outlives this call, nor the program.

    Args:
        people: the annotations.
        folder: for the shards.
        options: of the build.

    Raises:
        InputError: a shard cannot be written, or a process was killed.
    """
    context = multiprocessing.get_context(_START)
    done = context.Value("q", 0)
    stopped = context.Value("b", 0, lock=False)
    state = (os.getpid(), stopped, done, people, folder, options)
    with (
        _killed_is_input_error(),
        concurrent.futures.ProcessPoolExecutor(
            min(os.cpu_count() or 1, options.num_shards), context, _start, state
        ) as pool,
        _stop_after_error(pool, stopped),
    ):
        with _signals_held():
            waiting = {
                pool.submit(_write_shard, number)
                for number in range(options.num_shards)
            }
        return _sum(_results(waiting, done, len(people)))


def _results(waiting, done, total):
    with tqdm.tqdm(total=total, unit="person", disable=None) as bar:
        while waiting:
            ended, waiting = concurrent.futures.wait(waiting, _PROGRESS_SECONDS)
            # Without its lock, which a killed process may hold for ever.
            bar.update(done.get_obj().value - bar.n)
            yield from (future.result() for future in ended)


@contextlib.contextmanager
def _signals_held():
    """Signals that end the program come after what is done here.

    Between its first fork and the start of the thread that tells its processes
    to end, a pool that is shut down waits for them for ever.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _stop_after_error(pool, stopped):
    """Without it the pool would write all shards before the error is raised."""
    try:
        yield
    except BaseException:  # Also SystemExit, after a signal.
        stopped.value = 1
        pool.shutdown(cancel_futures=True)
        raise


@contextlib.contextmanager
def _killed_is_input_error():
    try:
        yield
    except concurrent.futures.BrokenExecutor as error:
        raise errors.InputError(
            "a process of the pool was killed, perhaps because memory ran "
            "out; end other programs and build again, or set --max_side"
        ) from error


def _start(parent, stopped, done, people, folder, options):
    # An interrupted program ends its processes itself, so they ignore SIGINT;
    # nor do they inherit its handler of SIGTERM.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Forked while they were held.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    # The garbage collector leaves all objects alone that exist now: looking at
    # them would copy the memory that is shared with the program.
    gc.freeze()
    _state.update(people=people, folder=folder, options=options, done=done)
    _state.update(stopped=stopped, writing=False)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent):
    """Ends the process when the program has ended or has stopped the build.

    A stopped process ends only while it writes a shard, not while it sends the
    shard's counts: the program would wait for the rest of the message.
    """
    while os.getppid() == parent and not (
        _state["stopped"].value and _state["writing"]
    ):
        time.sleep(_WATCH_SECONDS)
    os._exit(1)


def _write_shard(number):
    _state["writing"] = True
    try:
        if _state["stopped"].value:
            return collections.Counter(), {}, *_no_counts()
        return _write_people(number, _state["options"], _state["done"])
    finally:
        _state["writing"] = False


def _write_people(number, options, done):
    """Writes a shard.

    Returns:
        Persons by split, images by split, and by reason those skipped and
        warned of.
    """
    people = _state["people"][number :: options.num_shards]
    skipped, warnings = _no_counts()
    with shards.Writer(_state["folder"], number, options.num_shards) as writer:
        for first in range(0, len(people), _STEP):
            batch = list(people[first : first + _STEP])
            for person in encoding.prepare(batch, options):
                if person.record is None:
                    skipped[person.reason] += 1
                    continue
                writer.write(person.split, person.image_id, person.record)
                if person.warning:
                    warnings[person.warning] += 1
            with done.get_lock():
                done.value += len(batch)
    return writer.persons, writer.images, skipped, warnings


def _no_counts():
    return collections.Counter(), collections.Counter()


def _sum(results):
    """The counts of all shards; an image in two shards counts once."""
    persons, (skipped, warnings) = collections.Counter(), _no_counts()
    images = collections.defaultdict(set)
    for shard_persons, shard_images, shard_skipped, shard_warnings in results:
        persons += shard_persons
        skipped += shard_skipped
        warnings += shard_warnings
        for split, ids in shard_images.items():
            images[split] |= ids
    numbers = {split: len(ids) for split, ids in images.items()}
    return shards.Counts(
        persons, collections.Counter(numbers), skipped, warnings
    )
