"""A builder's output folder: complete or not there, with its dataset.json."""

import contextlib
import os
import pathlib
import shutil
from collections.abc import Callable
from collections.abc import Iterator

from deeppose_tf import errors
from deeppose_tf import files
from deeppose_tf.geometry.skeletons import Skeleton


@contextlib.contextmanager
def atomic(
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
    made = [folder for folder in final.parents if not folder.exists()]
    try:
        with files.temporary_folder(final.parent) as temporary:
            yield temporary
            shutil.rmtree(final, ignore_errors=True)
            temporary.rename(final)
    finally:
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
