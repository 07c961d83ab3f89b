"""A builder's output folder: it appears complete, with its dataset.json."""

import contextlib
import os
import pathlib
import shutil
from collections.abc import Callable
from collections.abc import Iterator

from deeppose_tf import errors
from deeppose_tf import files
from deeppose_tf.data import dataset
from deeppose_tf.geometry.skeletons import Skeleton


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
    try:
        with files.temporary_folder(final.parent, final.name) as temporary:
            yield temporary
            shutil.rmtree(final, ignore_errors=True)
            _rename(temporary, final)
    finally:
        for folder in missing:  # The innermost first.
            # Fails where it holds the finished build, or other files.
            with contextlib.suppress(OSError):
                folder.rmdir()


def _rename(temporary, final):
    try:
        temporary.rename(final)
    except OSError as error:
        raise errors.InputError(
            f"--output_dir={final}: another program has written there "
            f"meanwhile ({error.strerror}); run this one again"
        ) from error


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
    files.save(folder / dataset.CARD, card)


def holds_records(folder: pathlib.Path) -> bool:
    """Whether a folder holds dataset.json, records and nothing else."""
    names = [path.name for path in folder.iterdir()]
    records_only = all(
        name == dataset.CARD or name.endswith(".tfrecord") for name in names
    )
    return dataset.CARD in names and records_only
