"""Exported cascades in saved_models/NAME/VERSION: found, loaded, dropped."""

import dataclasses
import os
import pathlib
import shutil
import threading
import time
from collections.abc import Callable

import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf import files
from deeppose_tf.geometry import skeletons

METADATA = "assets/deeppose.json"
# Comes with the repository; saved_models/README.md has its card.
SHIPPED = pathlib.Path(__file__).parents[2] / "saved_models" / "lsp_extended"
_DAY = 24 * 3600  # Seconds; no export takes as long.


def add(
    folder: pathlib.Path, write: Callable[[pathlib.Path], None]
) -> pathlib.Path:
    """Adds the next version to saved_models/NAME: numbers count up.

    Args:
        folder: saved_models/NAME; made where it is missing.
        write: fills the folder that it is called with, aside; only a full one
            is given its number. Several may be written at the same time; what
            killed ones have left behind goes after a day.

    Returns:
        The new folder, saved_models/NAME/VERSION.
    """
    for killed in folder.glob(".*.writing"):
        if time.time() - killed.stat().st_mtime > _DAY:
            shutil.rmtree(killed, ignore_errors=True)
    aside = folder / f".{os.getpid()}-{threading.get_ident()}.writing"
    aside.mkdir(parents=True)
    try:
        write(aside)
        return _number(aside)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _number(aside):
    while True:
        folder = aside.parent
        version = folder / str(max([0, *versions(folder)]) + 1)
        try:
            return aside.rename(version)
        except OSError:
            # Another export may just have taken the number.
            if not version.exists():
                raise


def keep_newest(folder: pathlib.Path, count: int):
    """Deletes all but the newest versions in saved_models/NAME."""
    for stopped in folder.glob(".*.deleting"):
        shutil.rmtree(stopped)
    for version in sorted(versions(folder))[:-count]:
        # A server that looks for versions must never find half of one.
        doomed = folder / f".{version}.deleting"
        (folder / str(version)).rename(doomed)
        shutil.rmtree(doomed)


def versions(folder: pathlib.Path) -> list[int]:
    """Numbers of the versions in saved_models/NAME."""
    folders = (p for p in folder.glob("*") if p.is_dir())
    return [int(p.name) for p in folders if p.name.isdecimal()]


def newest(folder: pathlib.Path) -> pathlib.Path | None:
    """The export that a folder is, or its newest; None where it has none."""
    if not (folder / "saved_model.pb").exists() and versions(folder):
        folder = folder / str(max(versions(folder)))
    whole = (folder / "saved_model.pb").exists() and (
        folder / METADATA
    ).exists()
    return folder if whole else None


@dataclasses.dataclass(frozen=True)
class Loaded:
    """An exported cascade: its signatures and what its metadata says."""

    signatures: dict
    skeleton: skeletons.Skeleton
    metadata: dict
    path: pathlib.Path


def load(model_dir: str) -> Loaded:
    """Loads saved_models/NAME (its newest version) or one version of it.

    Raises:
        InputError: there is no exported cascade.
    """
    path = newest(pathlib.Path(model_dir))
    if path is None:
        raise errors.InputError(
            f"--model={model_dir}: no exported cascade there; train one, or "
            "write one with python -m deeppose_tf.export"
        )
    metadata = files.load(path / METADATA, "export the cascade again")
    model = _read(path)
    outputs = model.signatures["serving_default"].structured_outputs
    if "scores" not in outputs:
        raise errors.InputError(
            f"--model={model_dir}: written by an earlier version, without "
            "scores; export it again with python -m deeppose_tf.export"
        )
    return Loaded(
        signatures=_keep(model),
        skeleton=skeletons.from_json(metadata["skeleton"]),
        metadata=metadata,
        path=path,
    )


def _read(path):
    # What TensorFlow raises depends on the file and on where it is damaged.
    damaged = (OSError, ValueError, IndexError, tf.errors.OpError)
    try:
        return tf.saved_model.load(str(path))
    except damaged as error:
        words = str(error).partition("\n")[0]
        raise errors.InputError(
            f"--model={path}: damaged ({words}); copy it again, or export the "
            "cascade again with python -m deeppose_tf.export"
        ) from error


def _keep(model):
    """Signatures that keep their model, and so its variables, alive."""

    def of(name):
        signature = model.signatures[name]
        return lambda **inputs: (model, signature(**inputs))[1]

    return {name: of(name) for name in model.signatures}
