"""Pools of processes that end with their program, whatever ends it.

Threads would spend more time on handing over Python's lock than on small
pictures.
"""

import concurrent.futures
import contextlib
import gc
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator

from deeppose_tf import errors

_WATCH_SECONDS = 0.2  # Between a process's checks of whether to end.
_ENDING = (signal.SIGINT, signal.SIGTERM)
# State of a process of the pool; set as it starts.
_state = {}


class Pool:
    """Processes that call functions."""

    def __init__(self, executor):
        """Starts none; the first call does."""
        self._executor = executor

    def submit(
        self, function: Callable, *arguments
    ) -> concurrent.futures.Future:
        """Has a function of a module called, when a process is free."""
        with _signals_held():
            return self._executor.submit(_call, function, *arguments)


@contextlib.contextmanager
def pool(
    count: int,
    context: multiprocessing.context.BaseContext,
    way_out: str,
    start: Callable = lambda: None,
    arguments: tuple = (),
) -> Iterator[Pool]:
    """A pool, of which no process outlives the `with`, nor the program.

    Args:
        count: of processes.
        context: how they start.
        way_out: what to do where one was killed, the end of the error.
        start: is called as each process starts.
        arguments: of `start`.

    Raises:
        InputError: a process was killed.
    """
    stopped = context.Value("b", 0, lock=False)
    with (
        _killed_is_input_error(way_out),
        concurrent.futures.ProcessPoolExecutor(
            count, context, _start, (os.getpid(), stopped, start, arguments)
        ) as executor,
        _stop_after_error(executor, stopped),
    ):
        yield Pool(executor)


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
def _stop_after_error(executor, stopped):
    """Without it the pool would do all work before the error is raised."""
    try:
        yield
    except BaseException:  # Also SystemExit, after a signal.
        stopped.value = 1
        executor.shutdown(cancel_futures=True)
        raise


@contextlib.contextmanager
def _killed_is_input_error(way_out):
    try:
        yield
    except concurrent.futures.BrokenExecutor as error:
        raise errors.InputError(
            "a process of the pool was killed, perhaps because memory ran "
            f"out; {way_out}"
        ) from error


def _start(parent, stopped, start, arguments):
    # An interrupted program ends its processes itself, so they ignore SIGINT;
    # nor do they inherit its handler of SIGTERM.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Started while they were held.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    # The garbage collector leaves all objects alone that exist now: looking at
    # them would copy the memory that is shared with the program.
    gc.freeze()
    _state.update(stopped=stopped, working=False)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    start(*arguments)


def _watch(parent):
    """Ends the process when the program has ended or has stopped the pool.

    A stopped process ends only while it works, not while it sends a result:
    the program would wait for the rest of the message.
    """
    while os.getppid() == parent and not (
        _state["stopped"].value and _state["working"]
    ):
        time.sleep(_WATCH_SECONDS)
    os._exit(1)


def _call(function, *arguments):
    _state["working"] = True
    try:
        # Of a stopped pool nobody wants the result.
        return None if _state["stopped"].value else function(*arguments)
    finally:
        _state["working"] = False
