"""Writes records on this machine: a process a core, each with its own shards.

Threads would spend more time on handing over Python's lock than on small
pictures.
"""

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

from data_prep.building import shard_build
from data_prep.building import shards
from data_prep.building.build_options import Options
from data_prep.sources.annotations import Annotation
from deeppose_tf import errors

# Forked processes share the annotations; where forking is not safe, each gets a
# copy.
_START = "fork" if sys.platform == "linux" else "spawn"
_PROGRESS_SECONDS = 0.1  # Between updates of the progress bar.
_WATCH_SECONDS = 0.2  # Between a process's checks of whether to end.
_ENDING = (signal.SIGINT, signal.SIGTERM)
# State of a process of the pool; set as it starts.
_state = {}


def write(
    people: Sequence[Annotation], folder: pathlib.Path, options: Options
) -> shards.Counts:
    """Writes the shards; the same people give the same bytes.

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
        return shard_build.total(_results(waiting, done, len(people)))


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
            return shard_build.Built()
        options = _state["options"]
        people = shard_build.batches(_state["people"], number, options)
        return shard_build.write(
            _counted(people), _state["folder"], number, options
        )
    finally:
        _state["writing"] = False


def _counted(batches):
    """Counts people once they are written, for the progress bar."""
    for batch in batches:
        yield batch
        with _state["done"].get_lock():
            _state["done"].value += len(batch)
