"""Who makes training examples: this process, or others for it.

A pipeline asks a source for records, says how one becomes an example, and gets
the examples back, wherever they were made.
"""

import dataclasses
from typing import Protocol

import tensorflow as tf

from deeppose_tf.data import person_records
from deeppose_tf.data import shares
from deeppose_tf.data.dataset import Dataset


class Source(Protocol):
    """What pipelines make endless training batches with.

    Attributes:
        processes: how many train together; each gets as many examples of a
            batch.
    """

    processes: int

    def people(
        self, data: Dataset, seed: int, start: int, shuffle_buffer: int, keep
    ) -> tf.data.Dataset:
        """(index, record) of training people; see `person_records.endless`."""

    def made(self, examples: tf.data.Dataset) -> tf.data.Dataset:
        """The examples that were mapped from `people`."""


@dataclasses.dataclass(frozen=True)
class ThisProcess:
    """Reads this process's share of the people, and makes examples of them."""

    share: shares.Share = shares.WHOLE

    @property
    def processes(self) -> int:
        """See `Source`."""
        return self.share.of

    def people(self, data, seed, start, shuffle_buffer, keep=None):
        """See `Source`."""
        return person_records.endless(
            data, seed, start, shuffle_buffer, keep, self.share
        )

    def made(self, examples):
        """See `Source`."""
        return examples


ALONE = ThisProcess()
