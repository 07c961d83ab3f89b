"""Signals that end a training wait until its state is saved."""

import concurrent.futures
import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator

from absl import logging

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_LISTENED = 1.0  # Seconds between two looks for a signal.
_LONG = 30.0  # Seconds of waiting that are worth a line.


class Stop:
    """Which signal has arrived, if any."""

    def __init__(self):
        """Waits for the first one."""
        self.signal: signal.Signals | None = None

    def __bool__(self):
        """Whether one has arrived."""
        return self.signal is not None

    def heard_between(self, batches: Iterator) -> Iterator:
        """Yields batches, up to a signal that comes while one is waited for.

        They are taken in threads: a signal reaches Python in the main thread
        only, and not while TensorFlow waits there.
        """
        while (batch := self._taken(batches)) is not None:
            yield batch

    def _taken(self, batches):
        """The next batch; None after the last, or after a signal."""
        taken = concurrent.futures.Future()

        def take():
            try:
                taken.set_result(next(batches, None))
            except Exception as error:  # It is the main thread's.
                taken.set_exception(error)

        threading.Thread(target=take, daemon=True).start()
        begun, is_said = time.monotonic(), False
        while not concurrent.futures.wait([taken], _LISTENED).done:
            if self:
                return None
            if not is_said and time.monotonic() > begun + _LONG:
                logging.warning("No examples for %.0f s; waits for them", _LONG)
                is_said = True
        return taken.result()

    def end(self, step: int, is_saved: bool = True):
        """Ends the program as the signal would have, with a line.

        Args:
            step: that was the last one.
            is_saved: whether its checkpoint is there.
        """
        by = self.signal.name if self else "a signal to another worker"
        place = "there" if is_saved else "the last checkpoint"
        print(
            f"stopped by {by} at step {step}; run the same command to go on "
            f"from {place}",
            file=sys.stderr,
        )
        sys.exit(128 + (self.signal or signal.SIGTERM))


@contextlib.contextmanager
def deferred() -> Iterator[Stop]:
    """Notes the first SIGTERM or Ctrl-C; a second one ends at once.

    Where a training does not run in the main thread, signals do what they did.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def note(number, frame):
        if stop:
            signal.signal(number, before[number])
            signal.raise_signal(number)
        stop.signal = signal.Signals(number)

    for number in _SIGNALS:
        signal.signal(number, note)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
