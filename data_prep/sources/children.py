"""Work that may crash, as a damaged file does to libraries written in C."""

import faulthandler
import multiprocessing
import sys
import warnings
from collections.abc import Callable

# Elsewhere a child would have to import everything again, for half a second.
_FORKS = sys.platform == "linux"


class Crash(Exception):
    """The work has ended its process."""


def run(work: Callable[[], object]):
    """The result of some work, done in a process of its own.

    Raises:
        Crash: the process ended without a result.
        Exception: what the work itself raises.
    """
    if not _FORKS:
        return work()
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_send, args=(sender, work), daemon=True)
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


def _send(sender, work):
    faulthandler.disable()  # A crash is told in one line.
    try:
        answer = work(), None
    except Exception as error:
        answer = None, error
    sender.send(answer)
