"""Builds one shard of each split, for builds on this machine and for Beam."""

import collections
import dataclasses
import pathlib
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence

from data_prep.building import encoding
from data_prep.building import shards
from data_prep.building.build_options import Options
from data_prep.sources.annotations import Annotation

_STEP = 64  # People encoded at once.


@dataclasses.dataclass
class Built:
    """What a shard holds, and what was left out of it.

    Attributes:
        persons: by split, their number.
        images: by split, the ids of their pictures.
        skipped: persons that were left out, by reason.
        warnings: persons that may not be meant so, by reason.
    """

    persons: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )
    images: dict[str, set] = dataclasses.field(default_factory=dict)
    skipped: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )
    warnings: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )


def batches(
    people: Sequence[Annotation], number: int, options: Options
) -> Iterator[list[Annotation]]:
    """Yields the people of a shard, a few at once.

    Person i goes into shard i modulo num_shards, wherever it is built.

    Args:
        people: of all shards.
        number: of the shard, from 0.
        options: of the build.
    """
    people = people[number :: options.num_shards]
    for first in range(0, len(people), _STEP):
        yield list(people[first : first + _STEP])


def write(
    people: Iterable[list[Annotation]],
    folder: pathlib.Path,
    number: int,
    options: Options,
) -> Built:
    """Writes the record files of a shard; the same people give the same bytes.

    Args:
        people: `batches` of the shard.
        folder: for the files.
        number: of the shard, from 0.
        options: of the build.
    """
    built = Built()
    with shards.Writer(folder, number, options.num_shards) as writer:
        for batch in people:
            for person in encoding.prepare(batch, options):
                if person.record is None:
                    built.skipped[person.reason] += 1
                    continue
                writer.write(person.split, person.image_id, person.record)
                if person.warning:
                    built.warnings[person.warning] += 1
    built.persons, built.images = writer.persons, writer.images
    return built


def total(built: Iterable[Built]) -> shards.Counts:
    """The counts of all shards; an image in two shards counts once."""
    sums, images = Built(), collections.defaultdict(set)
    for one in built:
        sums.persons += one.persons
        sums.skipped += one.skipped
        sums.warnings += one.warnings
        for split, ids in one.images.items():
            images[split] |= ids
    numbers = {split: len(ids) for split, ids in images.items()}
    return shards.Counts(
        sums.persons,
        collections.Counter(numbers),
        sums.skipped,
        sums.warnings,
    )
