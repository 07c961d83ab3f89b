"""Makes the next values in a thread while the last ones are used."""

import queue
import threading
from collections.abc import Iterable
from collections.abc import Iterator

_FEW = 2  # Values ahead: frames may be large.
_SECONDS = 0.1  # In which a maker notices that nobody wants more.
_END = object()


def made_ahead(values: Iterable) -> Iterator:
    """Yields the values, in their order; what they raise is raised.

    When this generator is closed, no thread works on them any more, and they
    are closed too.
    """
    made, is_over = queue.Queue(_FEW), threading.Event()

    def give(value, error=None):
        while not is_over.is_set():
            try:
                return made.put((value, error), timeout=_SECONDS)
            except queue.Full:
                continue  # Until there is room, or nobody wants it.

    def make():
        try:
            for value in values:
                give(value)
                if is_over.is_set():
                    break
            give(_END)
        except BaseException as error:  # It is that of whoever takes them.
            give(None, error)

    maker = threading.Thread(target=make, daemon=True)
    maker.start()
    try:
        while (got := made.get())[0] is not _END:
            value, error = got
            if error is not None:
                raise error
            yield value
    finally:
        is_over.set()
        maker.join()
        if hasattr(values, "close"):
            values.close()
