"""The processes of a tf.data service: a dispatcher, and workers.

A worker waits for its dispatcher, and a training for the first worker.
"""

import contextlib
import socket
import threading
import time
import urllib.parse
from collections.abc import Iterator

import tensorflow as tf
from absl import logging

from deeppose_tf import errors
from deeppose_tf.launch import cluster

_SECONDS = 10.0  # In which a dispatcher is to be reached.
_AGAIN = 0.5  # Seconds between a worker's attempts to reach it.
# Heartbeats bring a worker its work, and tell the dispatcher that it is there.
_HEARTBEAT_MS = 1000
_LOST_MS = 60_000


def check(address: str):
    """Raises InputError where no dispatcher can be reached.

    Args:
        address: --tf_data_service, grpc://host:port.
    """
    place = _place(address, "tf_data_service")
    try:
        _knock(place)
    except OSError as error:
        raise errors.InputError(
            f"--tf_data_service={address}: nobody answers ({error}); start a "
            "dispatcher there with python -m deeppose_tf.input_server"
        ) from error


def wait_for_dispatcher(address: str):
    """Returns when a dispatcher answers; says so where none does yet.

    Args:
        address: --dispatcher, grpc://host:port.

    Raises:
        InputError: it is no such address.
    """
    place = _place(address, "dispatcher")
    is_said = False
    while True:
        try:
            return _knock(place)
        except OSError as error:
            if not is_said:
                logging.warning(
                    "--dispatcher=%s: nobody answers yet (%s); waits for it",
                    *(address, error),
                )
            is_said = True
        time.sleep(_AGAIN)


def _place(address, flag):
    """Host and port of an address; the flag is for the message."""
    parts = urllib.parse.urlsplit(address)
    try:
        place = parts.hostname, parts.port
    except ValueError:
        place = None, None
    if parts.scheme != "grpc" or None in place:
        raise errors.InputError(f"--{flag}={address}: want grpc://host:port")
    return place


def _knock(place):
    """Raises OSError where nobody listens."""
    socket.create_connection(place, _SECONDS).close()


def wait_for_worker(address: str):
    """Returns when the service has a worker; says so where it has none yet.

    TensorFlow would wait in the main thread, without a word, and no signal
    would reach Python.
    """

    def ask():
        nothing = tf.data.Dataset.range(1).apply(
            tf.data.experimental.service.distribute(
                tf.data.experimental.service.ShardingPolicy.OFF, address
            )
        )
        # The training itself will tell of a service that fails.
        with contextlib.suppress(tf.errors.OpError):
            next(iter(nothing))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_SECONDS)
    if asking.is_alive():
        logging.warning(
            "%s has no worker yet; start one with python -m "
            "deeppose_tf.input_server --dispatcher=%s",
            *(address, address),
        )
    while asking.is_alive():
        asking.join(1.0)


@contextlib.contextmanager
def failure_noticed(address: str | None) -> Iterator[None]:
    """Ends in a line where the service lacks something.

    Args:
        address: --tf_data_service, None without one.

    Raises:
        InputError: a dispatcher that has started anew knows no training; or a
            worker does not see a record file.
    """
    try:
        yield
    except tf.errors.NotFoundError as error:
        if address is None:
            raise
        reason = error.message.partition("\n")[0].rpartition("} ")[2]
        raise errors.InputError(
            f"--tf_data_service={address}: {reason} (has its dispatcher "
            "started anew, or do its workers not see the records?); start the "
            "training again with the same command: it goes on from the last "
            "checkpoint"
        ) from error


def dispatcher(port: int) -> tf.data.experimental.service.DispatchServer:
    """Starts the process that hands out the work.

    Raises:
        InputError: the port is taken.
    """
    cluster.check_port(port, f"--port={port}")
    return tf.data.experimental.service.DispatchServer(
        tf.data.experimental.service.DispatcherConfig(
            port=port, worker_timeout_ms=_LOST_MS
        )
    )


def worker(
    of: str, host: str, port: int
) -> tf.data.experimental.service.WorkerServer:
    """Starts a process that works; it needs no code of this package.

    It waits for its dispatcher.

    Args:
        of: its dispatcher, grpc://host:port.
        host: by which trainings reach this machine.
        port: where it listens.

    Raises:
        InputError: the port is taken, or `of` is no such address.
    """
    cluster.check_port(port, f"--port={port}")
    wait_for_dispatcher(of)
    return tf.data.experimental.service.WorkerServer(
        tf.data.experimental.service.WorkerConfig(
            dispatcher_address=of.removeprefix("grpc://"),
            worker_address=f"{host}:%port%",
            port=port,
            heartbeat_interval_ms=_HEARTBEAT_MS,
        )
    )
