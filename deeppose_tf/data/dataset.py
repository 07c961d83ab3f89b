"""The folder that data_prep wrote: dataset.json and its record files."""

import dataclasses
import hashlib
import pathlib

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.storage import digests
from deeppose_tf.storage import json_files

# Describes the data set, beside its record files.
CARD = "dataset.json"
_HINT = "write it with one of data_prep.build_*"
_CARD = {"dataset": str, "skeleton": dict, "box": dict, "splits": dict}
# How b0 is chosen: the whole image, around the joints, or the source's own.
BOXES = ("image", "joints", "annotated")
_BOX = {"kind": str, "scale": float, "square": bool}
_LARGEST_SCALE = 100.0
_SPLIT = {"persons": int, "shards": list}
_SHARD = {"name": str, "bytes": int, "sha256": str}
# Of a person: a record file frames each record by 16 bytes.
_LEAST_BYTES = 16


@dataclasses.dataclass(frozen=True)
class Split:
    """Part of a data set: its record files and how many persons they hold."""

    files: tuple[str, ...]
    persons: int
    digest: str  # Changes whenever a record does.


@dataclasses.dataclass(frozen=True)
class Dataset:
    """What dataset.json says.

    Attributes:
        path: the folder.
        name: of the source data.
        skeleton: of every record.
        box: how b0 was chosen: rule, scale, square.
        splits: by name: train, val, test; empty ones are absent.
    """

    path: str
    name: str
    skeleton: skeletons.Skeleton
    box: dict
    splits: dict[str, Split]

    def split(self, name: str) -> Split:
        """A split by name; InputError where there are no persons in it."""
        if name not in self.splits:
            raise errors.InputError(
                f"{self.path}: no persons in split {name!r}, only in "
                f"{sorted(self.splits)}; name one of those, or rebuild with "
                "another --test_fraction and --val_fraction"
            )
        return self.splits[name]


def load(data_dir: str) -> Dataset:
    """Reads dataset.json and checks the record files' sizes.

    Raises:
        InputError: no data set there, or a record file missing or cut short.
    """
    folder = pathlib.Path(data_dir)
    path = folder / CARD
    card = read_card(path)
    return Dataset(
        path=str(folder),
        name=card["dataset"],
        skeleton=skeletons.from_json(card["skeleton"]),
        box=card["box"],
        splits={
            name: _split(folder, split)
            for name, split in card["splits"].items()
            if split["persons"]
        },
    )


def check_unchanged(data: Dataset):
    """Raises InputError where records were built anew since they were read."""
    if load(data.path).splits != data.splits:
        raise errors.InputError(
            f"{data.path}: built anew while it was read; start again, with "
            "another --run_dir"
        )


def read_card(path: pathlib.Path) -> dict:
    """What dataset.json holds; InputError where it is none."""
    card = json_files.load(path, _HINT)
    json_files.expect(path, card, _CARD, _HINT)
    digests.check_seal(path, card, _HINT)
    check_box(path, card["box"], _HINT)
    for name, split in card["splits"].items():
        json_files.expect(path, split, _SPLIT, _HINT)
        for shard in split["shards"]:
            json_files.expect(path, shard, _SHARD, _HINT)
            # Record files lie beside it, nowhere else.
            if pathlib.PurePath(shard["name"]).name != shard["name"]:
                raise errors.InputError(
                    f"{path}: {shard['name']!r} is no file of this folder; "
                    f"{_HINT}"
                )
        size = sum(shard["bytes"] for shard in split["shards"])
        if split["persons"] < 0 or (
            bool(split["persons"]) != bool(split["shards"])
            or split["persons"] * _LEAST_BYTES > size
        ):
            raise errors.InputError(
                f"{path}: {name} has {split['persons']} persons in "
                f"{len(split['shards'])} record files of {size} bytes; {_HINT}"
            )
    with json_files.parsing(path, _HINT):
        skeletons.from_json(card["skeleton"])
    return card


def check_box(path: pathlib.Path, box: dict, hint: str):
    """Raises InputError where a file's rule of b0 is none.

    Args:
        path: of the file, for the message.
        box: what should be the rule.
        hint: how to get a sound file.
    """
    json_files.expect(path, box, _BOX, hint)
    if box["kind"] not in BOXES or not 0 < box["scale"] < _LARGEST_SCALE:
        raise errors.InputError(
            f"{path}: box is {box}, want a kind of {', '.join(BOXES)} and a "
            f"scale above 0; {hint}"
        )


def _split(folder, split):
    for shard in split["shards"]:
        path = folder / shard["name"]
        size = path.stat().st_size if path.exists() else 0
        if size != shard["bytes"]:
            raise errors.InputError(
                f"{path}: {size} bytes, dataset.json says {shard['bytes']}; "
                "copy it again or rebuild the folder with data_prep"
            )
    hashes = "".join(shard["sha256"] for shard in split["shards"])
    return Split(
        files=tuple(str(folder / shard["name"]) for shard in split["shards"]),
        persons=split["persons"],
        digest=hashlib.sha256(hashes.encode()).hexdigest(),
    )
