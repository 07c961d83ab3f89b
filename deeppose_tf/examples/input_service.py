"""A tf.data service makes training examples, on machines of its own."""

import dataclasses
import os

import numpy as np
import tensorflow as tf

from deeppose_tf.data import person_records


@dataclasses.dataclass(frozen=True)
class Service:
    """The workers of a tf.data service make the examples.

    A record file is the unit that a worker fetches, so each file, and each of
    its persons, is handed out once an epoch, in the epochs' order. How the
    files of two workers interleave depends on their speed: the examples of an
    epoch are always the same, their order is not. A training that goes on
    begins its epoch again.

    Attributes:
        address: of the dispatcher, grpc://host:port; see `service_processes`.
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
