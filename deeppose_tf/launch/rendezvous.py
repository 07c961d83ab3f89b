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
# Seconds, and how often, until a silent host is taken for dead; where the
# system has such options, otherwise it waits for hours.
_ALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}


def meet(found: cluster.Cluster):
    """Returns when all workers are here; the chief's address is their place.

    Raises:
        InputError: this worker's port is taken.
    """
    named = f"{cluster.VARIABLE}, {found.address}"
    port = _place(found.address)[1]
    if found.index:
        cluster.check_port(port, named)
        _come(found)
    else:
        with cluster.listen(port, named) as server:
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
                _notice_death(connection)
                connection.settimeout(_SILENCE)
                index = int(connection.recv(_LONGEST))
                if 0 < index < found.workers:
                    # Also a worker that was started again takes its place.
                    here[index] = connection
            here = {k: each for k, each in here.items() if _is_there(each)}
        for connection in here.values():
            # TensorFlow tells of a worker that has left in this moment.
            with contextlib.suppress(OSError):
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
                _notice_death(place)
                place.settimeout(None)
                place.sendall(str(found.index).encode())
                # Something else, such as the server of a chief that is about
                # to end, says nothing or another thing.
                if place.recv(_LONGEST) == _GO:
                    return
        time.sleep(_AGAIN)


def _notice_death(connection):
    """Makes reading fail where the other end's host is gone without a word."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _ALIVE.items():
        if hasattr(socket, name):
            option = getattr(socket, name)
            connection.setsockopt(socket.IPPROTO_TCP, option, value)


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
