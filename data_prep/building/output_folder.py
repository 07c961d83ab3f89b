"""A builder's output folder: it appears complete, with its dataset.json."""

import contextlib
import os
import pathlib
import re
import shutil
import uuid
from collections.abc import Callable
from collections.abc import Iterator

from deeppose_tf import errors
from deeppose_tf.data import dataset
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.storage import digests
from deeppose_tf.storage import files
from deeppose_tf.storage import json_files
from deeppose_tf.storage import locks

# How the name of a build ends that is being replaced.
_REPLACED = ".replaced"
_SHARD = re.compile(r"(train|val|test)-\d{5}-of-\d{5}\.tfrecord")


@contextlib.contextmanager
def atomic(
    output_dir: str, is_ours: Callable[[pathlib.Path], bool]
) -> Iterator[pathlib.Path]:
    """A temporary folder to fill, which replaces `output_dir` at the end.

    After an error nothing is left of it, nor of parent folders that it needed.

    Args:
        output_dir: the folder; its files of an earlier run are deleted.
        is_ours: whether a folder holds the files of an earlier run, alone.

    Raises:
        InputError: output_dir holds other files, or cannot be replaced.
    """
    # The target of a link is replaced, not the link.
    final = pathlib.Path(output_dir).resolve()
    _check_replaceable(final, is_ours)
    missing = [folder for folder in final.parents if not folder.exists()]
    final.parent.mkdir(parents=True, exist_ok=True)
    lock = final.with_name(f".{final.name}.deeppose.lock")
    try:
        with locks.held(lock, f"--output_dir={output_dir}"):
            _bring_back(final)
            _check_replaceable(final, is_ours)
            with files.temporary_folder(final.parent, final.name) as temporary:
                yield temporary
                _replace(final, temporary, is_ours)
    finally:
        for folder in missing:  # The innermost first.
            # Fails where it holds the finished build, or other files.
            with contextlib.suppress(OSError):
                folder.rmdir()


def _replace(final, temporary, is_ours):
    """Puts a complete folder in the place of an earlier one.

    At every moment one of both is there whole: whoever is killed in between
    leaves the earlier one beside, and the next run brings it back.
    """
    _check_replaceable(final, is_ours)
    aside = final.with_name(f".{final.name}.{uuid.uuid4().hex}{_REPLACED}")
    if final.exists():
        final.rename(aside)
    try:
        temporary.rename(final)
    except OSError as error:
        if aside.exists() and not final.exists():
            aside.rename(final)
        raise errors.InputError(
            f"--output_dir={final}: another program has written there "
            f"meanwhile ({error.strerror}); run this one again"
        ) from error
    shutil.rmtree(aside, ignore_errors=True)


def _bring_back(final):
    """What a killed run had set aside, and had not replaced yet."""
    ours = re.compile(rf"\.{re.escape(final.name)}\.[0-9a-f]{{32}}{_REPLACED}")
    for aside in [*final.parent.iterdir()]:
        if not ours.fullmatch(aside.name):
            continue
        if not final.exists():
            aside.rename(final)
        else:
            shutil.rmtree(aside, ignore_errors=True)


def _check_replaceable(folder, is_ours):
    if os.path.ismount(folder):
        raise errors.InputError(
            f"--output_dir={folder}: is a mount point, which cannot be "
            "replaced; name a folder in it"
        )
    if folder.exists() and not folder.is_dir():
        raise errors.InputError(
            f"--output_dir={folder}: is a file; name a folder"
        )
    if folder.exists() and any(folder.iterdir()) and not is_ours(folder):
        raise errors.InputError(
            f"--output_dir={folder}: holds other files; name an empty folder"
        )


def save_card(
    folder: pathlib.Path,
    *,
    name: str,
    skeleton: Skeleton,
    box: dict,
    arguments: dict,
    splits: dict,
    skipped: dict,
    warnings: dict | None = None,
    official_split: bool = False,
):
    """Writes dataset.json.

    Args:
        folder: of the record files.
        name: of the source data.
        skeleton: of the joints.
        box: the rule of b0.
        arguments: of the program that built it.
        splits: of `shards.summary`.
        skipped: by reason, the persons that were left out.
        warnings: by reason, the persons that may not be meant so.
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
        "warnings": warnings or {},
    }
    json_files.save(folder / dataset.CARD, digests.sealed(card))


def holds_records(folder: pathlib.Path) -> bool:
    """Whether a folder holds dataset.json, shards of records, nothing else."""
    names = {path.name for path in folder.iterdir()}
    if dataset.CARD not in names:
        return False
    shards = _shards(folder / dataset.CARD)
    return shards is not None and names <= shards | {dataset.CARD}


def _shards(card):
    """The record files that dataset.json names; those of any, if damaged.

    None where it is no card of a data set.
    """
    try:
        splits = json_files.load(card, "")["splits"].values()
        return {shard["name"] for split in splits for shard in split["shards"]}
    except errors.InputError:
        ours = card.parent.glob("*.tfrecord")
        return {p.name for p in ours if _SHARD.fullmatch(p.name)}
    except (AttributeError, KeyError, TypeError):
        return None
