"""A tf.data service makes training examples, on machines of its own."""

import contextlib
import dataclasses
import os
import socket
import threading
import urllib.parse

import numpy as np
import tensorflow as tf
from absl import logging

from deeppose_tf import errors
from deeppose_tf.data import person_records
from deeppose_tf.launch import cluster

_SECONDS = 10.0  # In which a dispatcher is to be reached.
# Heartbeats bring a worker its work, and tell the dispatcher that it is there.
_HEARTBEAT_MS = 1000
_LOST_MS = 60_000


@dataclasses.dataclass(frozen=True)
class Service:
    """The workers of a tf.data service make the examples.

    A record file is the unit that a worker fetches, so each file, and each of
    its persons, is handed out once an epoch, in the epochs' order. How the
    files of two workers interleave depends on their speed: the examples of an
    epoch are always the same, their order is not. A training that goes on
    begins its epoch again.

    Attributes:
        address: of the dispatcher, grpc://host:port; see `check`.
        job: a name that all processes of one training share, and no other.
        processes: how many train together.
    """

    address: str
    job: str
    processes: int = 1

    def people(self, data, seed, start, shuffle_buffer, keep=None):
        """See `person_records.endless`; the order is another one.

        The service's workers see the files under the same paths.
        """
        split = data.split("train")
        files = [os.path.abspath(path) for path in split.files]

        def people_of(turn):
            epoch, place = turn // len(files), turn % len(files)
            path = person_records.shuffled(files, seed, epoch)[place]
            kept = tf.data.TFRecordDataset(path)
            if keep is not None:
                kept = kept.filter(keep)
            # Far more than any file holds, so that no index comes twice.
            first = turn * np.int64(split.persons)
            return kept.enumerate(first).shuffle(
                shuffle_buffer, seed + epoch, reshuffle_each_iteration=False
            )

        persons = split.persons
        if keep is not None:
            persons = person_records.count(data, files, keep)
        begun = start // persons * len(files)
        turns = tf.data.Dataset.range(begun, np.iinfo(np.int64).max)
        return turns.flat_map(people_of)

    def made(self, examples):
        """See `example_sources.Source`."""
        return examples.apply(
            tf.data.experimental.service.distribute(
                tf.data.experimental.service.ShardingPolicy.DYNAMIC,
                self.address,
                job_name=self.job,
            )
        )


def check(address: str, flag: str = "tf_data_service"):
    """Raises InputError where no dispatcher can be reached.

    Args:
        address: grpc://host:port.
        flag: for the message.
    """
    parts = urllib.parse.urlsplit(address)
    try:
        place = parts.hostname, parts.port
    except ValueError:
        place = None, None
    if parts.scheme != "grpc" or None in place:
        raise errors.InputError(f"--{flag}={address}: want grpc://host:port")
    try:
        socket.create_connection(place, _SECONDS).close()
    except OSError as error:
        raise errors.InputError(
            f"--{flag}={address}: nobody answers ({error}); start a dispatcher "
            "there with python -m deeppose_tf.input_server"
        ) from error


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

    Args:
        of: its dispatcher, grpc://host:port.
        host: by which trainings reach this machine.
        port: where it listens.

    Raises:
        InputError: the port is taken, or there is no such dispatcher.
    """
    check(of, "dispatcher")
    cluster.check_port(port, f"--port={port}")
    return tf.data.experimental.service.WorkerServer(
        tf.data.experimental.service.WorkerConfig(
            dispatcher_address=of.removeprefix("grpc://"),
            worker_address=f"{host}:%port%",
            port=port,
            heartbeat_interval_ms=_HEARTBEAT_MS,
        )
    )
