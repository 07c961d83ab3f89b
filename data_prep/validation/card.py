"""The card of a data set: counts, sizes, and the faults of its records."""

import array
import collections
import dataclasses
import pathlib

import numpy as np
import tqdm

from data_prep.building import record_files
from data_prep.building import shards
from data_prep.validation import duplicates
from data_prep.validation import parallel
from deeppose_tf.data import dataset
from deeppose_tf.geometry import skeletons

_SAMPLES = 24  # Over all splits.


@dataclasses.dataclass(eq=False)
class Card:
    """The summary of a data set.

    Attributes:
        folder: of the data set.
        skeleton: of every record.
        errors: by kind, the ids of the persons, or the names of the shards.
        warnings: likewise.
        persons: by split, the number of records.
        images: by split, the hashes of the pictures.
        expected: by split, the number of persons in dataset.json.
        labeled: by split, int [joints], the number of labeled joints.
        sizes: by name, in pixels, of all persons: torso, box, picture.
        samples: (split, serialized record) of a few persons of each split.
    """

    folder: pathlib.Path
    skeleton: skeletons.Skeleton
    errors: dict = dataclasses.field(
        default_factory=lambda: collections.defaultdict(list)
    )
    warnings: dict = dataclasses.field(
        default_factory=lambda: collections.defaultdict(list)
    )
    persons: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )
    expected: dict = dataclasses.field(default_factory=dict)
    images: dict = dataclasses.field(
        default_factory=lambda: collections.defaultdict(set)
    )
    labeled: dict = dataclasses.field(default_factory=dict)
    sizes: dict = dataclasses.field(
        default_factory=lambda: collections.defaultdict(
            lambda: array.array("f")
        )
    )
    samples: list = dataclasses.field(default_factory=list)


def examine(data_dir: str, jobs: int | None = None) -> Card:
    """Reads every record of a data set once.

    Args:
        data_dir: its folder.
        jobs: number of processes, as of `parallel.checker`.

    Raises:
        InputError: there is no dataset.json.
    """
    folder = pathlib.Path(data_dir)
    values = dataset.read_card(folder / dataset.CARD)
    skeleton = skeletons.from_json(values["skeleton"])
    card = Card(folder, skeleton)
    for split, described in values["splits"].items():
        card.expected[split] = described["persons"]
    seen = duplicates.DuplicateCheck(values.get("official_split") is True)
    total = sum(card.expected.values())
    with (
        parallel.checker(skeleton, total, jobs) as checker,
        tqdm.tqdm(total=total, unit="person", disable=None) as bar,
    ):
        for split, described in values["splits"].items():
            card.labeled[split] = np.zeros(len(skeleton.joints), int)
            for shard in described["shards"]:
                for record in _examined(card, checker, shard):
                    _add(card, seen, split, *record)
                    bar.update()
            if card.persons[split] != described["persons"]:
                card.errors["number of persons differs from dataset.json"] += [
                    split
                ]
    _check_other_files(card, values["splits"])
    return card


def _check_other_files(card, splits):
    """Warns of record files that do not belong to the data set."""
    named = {s["name"] for split in splits.values() for s in split["shards"]}
    others = {p.name for p in card.folder.glob("*.tfrecord")} - named
    if others:
        card.warnings["record file that dataset.json does not name"] += sorted(
            others
        )


def _examined(card, checker, shard):
    """Yields the file, the place and the check of each record of a shard."""
    path = card.folder / shard["name"]
    if not path.exists():
        card.errors["shard missing"].append(path.name)
        return
    if shards.digest(path) != shard["sha256"]:
        card.errors["shard differs from dataset.json"].append(path.name)
    try:
        for place, record in checker.records(path):
            yield path, place, record
    except record_files.Damaged:
        card.errors["shard damaged or cut short"].append(path.name)


def _add(card, seen, split, path, place, record):
    more_errors, more_warnings = seen.check(split, record)
    name = record.person_id or f"record {card.persons[split] + 1} of {split}"
    for kind in (*record.errors, *more_errors):
        card.errors[kind].append(name)
    for kind in (*record.warnings, *more_warnings):
        card.warnings[kind].append(name)
    card.persons[split] += 1
    if record.joints is None:
        return
    card.images[split].add(record.image_hash)
    card.labeled[split] += record.labeled
    if record.torso:
        card.sizes["torso"].append(record.torso)
    card.sizes["longer side of the box"].append(float(record.box[2:].max()))
    card.sizes["longer side of the picture"].append(float(max(record.size)))
    if not record.errors and _is_sample(card, split):
        with path.open("rb") as file:
            card.samples.append((split, record_files.read(file, place)))


def _is_sample(card, split):
    """Whether the last person becomes a sample.

    Every split gets the same number of samples, spread evenly over it. Where a
    record has errors, the next one takes its place.
    """
    wanted = _SAMPLES // max(1, sum(map(bool, card.expected.values())))
    taken = sum(name == split for name, _ in card.samples)
    place = card.persons[split] - 1
    return taken < wanted and taken * card.expected[split] <= place * wanted
