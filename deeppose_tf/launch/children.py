"""Work that may crash, or take all memory, in libraries written in C."""

import faulthandler
import multiprocessing
import pathlib
import signal
import sys
import warnings
from collections.abc import Callable

# Elsewhere a child would have to import everything again, for half a second.
_FORKS = sys.platform == "linux"


class Crash(Exception):
    """The work has ended its process."""


def run(work: Callable[[], object], seconds: int, memory: int):
    """The result of some work, done in a process of its own.

    Args:
        work: a function.
        seconds: of CPU time that it may take.
        memory: bytes that it may take.

    Raises:
        Crash: the process ended without a result, or at its limits.
        Exception: what the work itself raises.
    """
    if not _FORKS:
        return work()
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(
        target=_send, args=(sender, work, seconds, memory), daemon=True
    )
    with warnings.catch_warnings():
        # Of threads that the child does not have; it starts none.
        warnings.simplefilter("ignore", DeprecationWarning)
        child.start()
    sender.close()
    try:
        result, error = receiver.recv()
    except EOFError:
        raise Crash("it cannot be decoded") from None
    finally:
        child.kill()
        child.join()
    if error is not None:
        raise error
    return result


def _send(sender, work, seconds, memory):
    faulthandler.disable()  # A crash is told in one line.
    # The program ends it, and says what has stopped it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        _limit(seconds, memory)
        answer = work(), None
    except Exception as error:
        answer = None, error
    sender.send(answer)


def _limit(seconds, memory):
    import resource  # Only Unix has it.

    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
