"""The record files of each split, with their counts and digests."""

import collections
import concurrent.futures
import dataclasses
import hashlib
import os
import pathlib

from data_prep.building import record_files
from data_prep.building import splits


@dataclasses.dataclass(frozen=True)
class Counts:
    """Numbers of what a build has written and left out.

    Attributes:
        persons: by split.
        images: by split; one with several persons counts once.
        skipped: persons that were left out, by reason.
        warnings: persons that may not be meant so, by reason.
    """

    persons: collections.Counter
    images: collections.Counter
    skipped: collections.Counter
    warnings: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )


class Writer:
    """Writes one shard of each split into a folder; a context manager.

    Attributes:
        persons: written so far, by split.
        images: their ids, by split.
    """

    def __init__(self, folder: pathlib.Path, shard: int, num_shards: int):
        """Sets the names; the first person of a split opens its file."""
        self._folder = folder
        self._name = f"{shard:05d}-of-{num_shards:05d}.tfrecord"
        self._files = {}
        self.persons = collections.Counter()
        self.images = collections.defaultdict(set)

    def write(self, split: str, image_id: str, record: bytes):
        """Appends a serialized person."""
        if split not in self._files:
            path = self._folder / f"{split}-{self._name}"
            self._files[split] = record_files.RecordFile(path)
        self._files[split].write(record)
        self.persons[split] += 1
        self.images[split].add(image_id)

    def __enter__(self):
        """Returns the writer."""
        return self

    def __exit__(self, kind, error, trace):
        """Closes the files."""
        for file in self._files.values():
            file.close()


def summary(folder: pathlib.Path, counts: Counts) -> dict:
    """The "splits" entry of dataset.json; all cores hash the files."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return {
            split: {
                "persons": counts.persons[split],
                "images": counts.images[split],
                "shards": list(
                    pool.map(
                        _describe, sorted(folder.glob(f"{split}-*.tfrecord"))
                    )
                ),
            }
            for split in splits.SPLITS
        }


def _describe(path):
    return {
        "name": path.name,
        "bytes": path.stat().st_size,
        "sha256": digest(path),
    }


def digest(path: pathlib.Path) -> str:
    """SHA-256 of a file in hexadecimal, read piece by piece."""
    sha256 = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            sha256.update(block)
    return sha256.hexdigest()
