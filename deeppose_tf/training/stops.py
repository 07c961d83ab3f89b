"""Signals that end a training wait until its state is saved."""

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stop:
    """Which signal has arrived, if any."""

    def __init__(self):
        """Waits for the first one."""
        self.signal: signal.Signals | None = None

    def __bool__(self):
        """Whether one has arrived."""
        return self.signal is not None

    def end(self, where: str):
        """Ends the program as the signal would have, with a line.

        Args:
            where: at which step.
        """
        by = self.signal.name if self else "a signal to another worker"
        print(
            f"stopped by {by} {where}; run the same command to go on from "
            "there",
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
