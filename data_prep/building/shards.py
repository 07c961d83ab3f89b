"""Persons -> N record files and dataset.json, whole or not at all."""

import collections
import concurrent.futures
import contextlib
import dataclasses
import hashlib
import os
import pathlib
import shutil
import struct
from collections.abc import Callable
from collections.abc import Iterator

from data_prep.building import record_files
from deeppose_tf import errors
from deeppose_tf import files
from deeppose_tf.geometry.skeletons import Skeleton

SPLITS = ("train", "val", "test")
_DRAWS = struct.Struct(">QQ")


def split_of(
    image_id: str,
    val_fraction: float,
    test_fraction: float,
    official: str | None,
) -> str:
    """The split of an image, by a hash of its id: the same on every machine.

    Args:
        image_id: of the image; all its persons fall on the same side.
        val_fraction: share of the training images that validate.
        test_fraction: share of the images that test.
        official: the split that the source assigns, None where it has none;
            an official test image is never trained on.
    """
    digest = hashlib.sha256(image_id.encode()).digest()
    test_draw, val_draw = (n / 2**64 for n in _DRAWS.unpack_from(digest))
    if official == "test" or (official is None and test_draw < test_fraction):
        return "test"
    return "val" if val_draw < val_fraction else "train"


@dataclasses.dataclass(frozen=True)
class Counts:
    """What was written and what was not.

    Attributes:
        persons: by split.
        images: by split, each once.
        skipped: persons that were left out, by reason.
    """

    persons: collections.Counter
    images: collections.Counter
    skipped: collections.Counter


class Writer:
    """Writes one shard of each split into a folder; a context manager.

    Attributes:
        persons: written so far, by split.
        images: their ids, by split.
    """

    def __init__(self, folder: pathlib.Path, shard: int, num_shards: int):
        """A split's file is opened when its first person comes."""
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
    """The "splits" entry of dataset.json; hashes files on all cores."""
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
            for split in SPLITS
        }


def _describe(path):
    return {
        "name": path.name,
        "bytes": path.stat().st_size,
        "sha256": digest(path),
    }


def digest(path: pathlib.Path) -> str:
    """SHA-256 of a file in hexadecimal, read piece by piece."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


@contextlib.contextmanager
def whole_or_nothing(
    output_dir: str, is_ours: Callable[[pathlib.Path], bool]
) -> Iterator[pathlib.Path]:
    """A folder to write into; it takes output_dir's place at the end.

    Args:
        output_dir: the folder; what it held before is replaced.
        is_ours: whether a folder holds what the program itself once wrote.

    Raises:
        InputError: output_dir holds something else.
    """
    # What a link names is replaced, not the link.
    final = pathlib.Path(output_dir).resolve()
    if os.path.ismount(final):
        raise errors.InputError(
            f"--output_dir={final}: is a mount point, which cannot be replaced "
            "as a whole; name a folder in it"
        )
    if final.exists() and not final.is_dir():
        raise errors.InputError(
            f"--output_dir={final}: is a file, not a folder"
        )
    if final.exists() and any(final.iterdir()) and not is_ours(final):
        raise errors.InputError(
            f"--output_dir={final}: holds other files; name an empty folder"
        )
    aside = final.with_name(f".{final.name}.writing")
    shutil.rmtree(aside, ignore_errors=True)
    made = [folder for folder in final.parents if not folder.exists()]
    try:
        aside.mkdir(parents=True)
        yield aside
        shutil.rmtree(final, ignore_errors=True)
        aside.rename(final)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        for folder in made:  # The innermost first.
            # It holds the finished build, or what another program put there.
            with contextlib.suppress(OSError):
                folder.rmdir()


def save_card(
    folder: pathlib.Path,
    *,
    name: str,
    skeleton: Skeleton,
    box: dict,
    arguments: dict,
    splits: dict,
    skipped: dict,
    official_split: bool = False,
):
    """Writes dataset.json.

    Args:
        folder: beside the record files.
        name: of the source data.
        skeleton: of the joints.
        box: how b0 was chosen.
        arguments: of the program that built it.
        splits: of `Writer.summary`.
        skipped: by reason, the persons that were left out.
        official_split: whether the source itself assigns people to splits.
    """
    card = {
        "dataset": name,
        "skeleton": skeleton.to_json(),
        "box": box,
        "arguments": arguments,
        "official_split": official_split,
        "splits": splits,
        "skipped": skipped,
    }
    files.save(folder / "dataset.json", card)


def holds_records(folder: pathlib.Path) -> bool:
    """Whether there is nothing in a folder but dataset.json and records."""
    names = [path.name for path in folder.iterdir()]
    records_only = all(
        name == "dataset.json" or name.endswith(".tfrecord") for name in names
    )
    return "dataset.json" in names and records_only
