"""The processes that train together: what they tell each other.

Each runs the same program and comes to the same calls in the same order. What
one of them finds out alone, such as a signal or its share of the predictions,
goes through here to all others.
"""

import functools
import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf.data import shares
from deeppose_tf.launch import cluster

# What TensorFlow tells those who are left when a process has gone.
LOST = (
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.UnavailableError,
)
_WORD = 4  # Bytes; collectives know no single ones.


class Workers:
    """The processes of a training, seen by one of them.

    Attributes:
        strategy: of their replicas; None where nothing is trained.
        share: which of them this is, and of how many; 0 is the chief.
    """

    def __init__(
        self,
        strategy: tf.distribute.Strategy | None = None,
        found: cluster.Cluster | None = None,
    ):
        """Those of a cluster; by default this process alone."""
        found = found or cluster.Cluster()
        self.strategy = strategy
        self.share = shares.Share(found.index, found.workers)

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the run folder."""
        return self.share.index == 0

    def wait(self):
        """Returns when all have come here."""
        self.any_of(False)

    def any_of(self, *flags: bool) -> tuple[bool, ...]:
        """Of each flag, whether it is true for one of them."""
        if self.share.of == 1:
            return flags
        every = self._gathered(np.array(flags, np.int32))
        every = every.reshape(self.share.of, len(flags))
        return tuple(every.any(axis=0).tolist())

    def agreed_name(self) -> str:
        """A name that all of them have, and no other training."""
        name = {"name": np.frombuffer(uuid.uuid4().bytes, np.uint8)}
        return self.every(name)[0]["name"].tobytes().hex()

    def every(self, columns: dict[str, np.ndarray]) -> list[dict]:
        """Everybody's arrays by name, in the order of the processes."""
        if self.share.of == 1:
            return [columns]
        file = io.BytesIO()
        np.savez(file, **columns)
        content = file.getvalue()
        padded = content + bytes(-len(content) % _WORD)
        sizes = self._gathered(np.array([len(padded) // _WORD], np.int32))
        words = self._gathered(np.frombuffer(padded, np.int32))
        ends = np.cumsum(sizes)[:-1]
        return [_unpacked(part.tobytes()) for part in np.split(words, ends)]

    def together(self, columns: dict[str, np.ndarray]) -> dict:
        """The columns of all rows, of each process's share of them.

        Args:
            columns: by name, of this process's rows; empty where it has none.
        """
        parts = [part for part in self.every(columns) if part]
        return {
            name: shares.together([part[name] for part in parts])
            for name in (parts[0] if parts else ())
        }

    def _gathered(self, row):
        """The rows of all processes, one behind the other."""
        return self._gather(row).numpy()

    @functools.cached_property
    def _gather(self):
        def of_replica(row):
            context = tf.distribute.get_replica_context()
            # A process gives its row with the first of its replicas.
            replicas = context.num_replicas_in_sync // self.share.of
            is_first = context.replica_id_in_sync_group % replicas == 0
            return context.all_gather(row if is_first else row[:0], axis=0)

        # One trace for rows of any length.
        @tf.function(input_signature=[tf.TensorSpec([None], tf.int32)])
        def gather(row):
            everywhere = self.strategy.run(of_replica, args=(row,))
            return self.strategy.experimental_local_results(everywhere)[0]

        return gather


ALONE = Workers()


def _unpacked(content):
    # NumPy finds the end of the archive before the padding.
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return dict(arrays)


@contextmanager
def loss_noticed(workers: Workers) -> Iterator[None]:
    """Ends in a line where another process has gone.

    Raises:
        InputError: one has.
    """
    try:
        yield
    except LOST as error:
        if workers.share.of == 1:
            raise
        reason = error.message.partition("Collective ops is aborted by: ")
        line = (reason[2] or error.message).strip().partition("\n")[0]
        line = line[:200].rstrip(":")
        raise errors.InputError(
            f"another worker has gone, or cannot be reached ({line}); "
            "start all workers again with the same command: they go on from "
            "the last checkpoint"
        ) from error
