"""What a data set holds and what is wrong with it: counts and spreads."""

import collections
import dataclasses
import pathlib

import numpy as np
import tensorflow as tf

from data_prep.building import shards
from data_prep.validation import checks
from data_prep.validation import parallel
from deeppose_tf.data import dataset
from deeppose_tf.geometry import skeletons

_SAMPLES = 24


@dataclasses.dataclass(eq=False)
class Card:
    """The findings of a data set.

    Attributes:
        folder: of the data set.
        skeleton: of every record.
        errors: by kind, the ids of the records; of shards, their names.
        warnings: likewise.
        persons: by split, how many.
        images: by split, how many differing ones.
        expected: by split, how many persons dataset.json tells.
        labeled: by split, int [joints], how often each joint is labeled.
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
        default_factory=lambda: collections.defaultdict(list)
    )
    samples: list = dataclasses.field(default_factory=list)


def examine(data_dir: str) -> Card:
    """Reads every record of a data set once.

    Raises:
        InputError: there is no dataset.json.
    """
    folder = pathlib.Path(data_dir)
    values = dataset.read_card(folder / "dataset.json")
    skeleton = skeletons.from_json(values["skeleton"])
    card = Card(folder, skeleton)
    for split, described in values["splits"].items():
        card.expected[split] = described["persons"]
    together = checks.Together(values.get("official_split") is True)
    for split, described in values["splits"].items():
        card.labeled[split] = np.zeros(len(skeleton.joints), int)
        for shard in described["shards"]:
            _examine_shard(card, together, split, shard)
        if card.persons[split] != described["persons"]:
            card.errors["another number of persons than in dataset.json"] += [
                split
            ]
    _look_for_strays(card, values["splits"])
    return card


def _look_for_strays(card, splits):
    named = {s["name"] for split in splits.values() for s in split["shards"]}
    strays = {p.name for p in card.folder.glob("*.tfrecord")} - named
    if strays:
        card.warnings["record file that dataset.json does not name"] += sorted(
            strays
        )


def _examine_shard(card, together, split, shard):
    path = card.folder / shard["name"]
    if not path.exists():
        card.errors["shard missing"].append(path.name)
        return
    if shards.digest(path) != shard["sha256"]:
        card.errors["shard is not the one of dataset.json"].append(path.name)
    try:
        for serialized, one in parallel.in_order(
            lambda record: checks.check(record, card.skeleton), _records(path)
        ):
            _add(card, together, split, serialized, one)
    except tf.errors.DataLossError:
        card.errors["shard damaged or cut short"].append(path.name)


def _records(path):
    for record in tf.data.TFRecordDataset(str(path)):
        yield record.numpy()


def _add(card, together, split, serialized, one):
    more_errors, more_warnings = together.check(split, one)
    who = one.person_id or f"record {card.persons[split] + 1} of {split}"
    for kind in (*one.errors, *more_errors):
        card.errors[kind].append(who)
    for kind in (*one.warnings, *more_warnings):
        card.warnings[kind].append(who)
    card.persons[split] += 1
    if one.joints is None:
        return
    card.images[split].add(one.content)
    card.labeled[split] += one.labeled
    if one.torso:
        card.sizes["torso"].append(one.torso)
    card.sizes["longer side of the box"].append(float(one.box[2:].max()))
    card.sizes["longer side of the picture"].append(float(max(one.size)))
    if not one.errors and _is_sample(card, split):
        card.samples.append((split, serialized))


def _is_sample(card, split):
    """Whether the newest person is one: as many of each split, spread over it.

    Where one is left out for a fault, the next takes its place.
    """
    wanted = _SAMPLES // max(1, sum(map(bool, card.expected.values())))
    taken = sum(name == split for name, _ in card.samples)
    place = card.persons[split] - 1
    return taken < wanted and taken * card.expected[split] <= place * wanted
