"""The workers of a job wait until all of them have started.

TensorFlow waits too, but sees no signal meanwhile, and does not say for whom.
"""

import contextlib
import socket
import time

from absl import logging

from deeppose_tf.launch import cluster

_GO = b"deeppose go\n"
_LONGEST = 16  # Bytes of a message.
_AGAIN = 0.5  # Seconds between two attempts to reach the chief.
_SILENCE = 5.0  # Seconds in which whoever has connected says who it is.
_REPORT = 30.0  # Seconds between two lines of the log.


def meet(found: cluster.Cluster):
    """Returns when all workers are here; the chief's address is their place.

    Raises:
        InputError: this worker's port is taken.
    """
    named = f"{cluster.VARIABLE}, {found.address}"
    port = _place(found.address)[1]
    cluster.check_port(port, named)
    if found.index:
        _come(found)
    else:
        with socket.create_server(("", port)) as server:
            _gather(server, found)


def _gather(server, found):
    """The chief's part: lets all go when the last has come."""
    reporter = _Reporter()
    server.settimeout(_AGAIN)
    with contextlib.ExitStack() as stack:
        here = {}
        while missing := set(range(1, found.workers)) - here.keys():
            names = [found.addresses[index] for index in sorted(missing)]
            reporter.say(f"Waits for the workers {', '.join(names)}")
            with contextlib.suppress(OSError, ValueError):
                connection = stack.enter_context(server.accept()[0])
                connection.settimeout(_SILENCE)
                # A worker that has been started again takes its own place.
                here[int(connection.recv(_LONGEST))] = connection
            here = {k: each for k, each in here.items() if _is_there(each)}
        for connection in here.values():
            connection.sendall(_GO)


def _is_there(connection):
    """Whether the other end still waits: it says no more, and is not gone."""
    connection.setblocking(False)
    try:
        return bool(connection.recv(1))
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        connection.settimeout(_SILENCE)


def _come(found):
    """Another worker's part: waits for the chief's word."""
    reporter = _Reporter()
    chief = found.addresses[0]
    while True:
        reporter.say(f"Waits for the chief, {chief}")
        with contextlib.suppress(OSError):
            with socket.create_connection(_place(chief), _SILENCE) as place:
                place.settimeout(None)
                place.sendall(str(found.index).encode())
                # Something else, such as the server of a chief that is about
                # to end, says nothing or another thing.
                if place.recv(_LONGEST) == _GO:
                    return
        time.sleep(_AGAIN)


def _place(address):
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


class _Reporter:
    """Logs what is waited for, now and then."""

    def __init__(self):
        self._said = 0.0

    def say(self, line):
        if time.monotonic() > self._said + _REPORT:
            logging.info("%s", line)
            self._said = time.monotonic()
