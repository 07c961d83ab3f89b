"""Exported cascades, loaded: saved_models/NAME/VERSION."""

import dataclasses
import pathlib

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.serving import interface
from deeppose_tf.serving import metadata
from deeppose_tf.serving import versions
from deeppose_tf.storage import digests
from deeppose_tf.storage import json_files

_FINDER_HINT = "write one with python -m deeppose_tf.export_finder"


@dataclasses.dataclass(frozen=True)
class Loaded:
    """An exported cascade: its signatures and what its metadata says."""

    signatures: dict
    skeleton: skeletons.Skeleton
    metadata: dict
    path: pathlib.Path


def load(model_dir: str, flag: str | None = "--model") -> Loaded:
    """Loads saved_models/NAME (its newest version) or one version of it.

    Exports for LiteRT, litert/NAME, give the same.

    Args:
        model_dir: of the export.
        flag: that named it, for errors; None in Python.

    Raises:
        InputError: there is no exported cascade, or it is damaged.
    """
    path = versions.newest(pathlib.Path(model_dir))
    named = f"{flag}={model_dir}" if flag else model_dir
    if path is None:
        raise errors.InputError(
            f"{named}: no exported cascade there; name one of "
            "python -m deeppose_tf.list_models, or write one with python -m "
            "deeppose_tf.export"
        )
    if versions.is_litert(path):
        # It imports TensorFlow, and this module.
        from deeppose_tf.serving import litert_runtime

        return litert_runtime.model(path)
    digests.check_all(path, metadata.HINT)
    values = metadata.load(path / interface.METADATA)
    model = _read(path, metadata.HINT)
    outputs = model.signatures[interface.IMAGE_BYTES].structured_outputs
    if interface.SCORES not in outputs:
        raise errors.InputError(
            f"{named}: written by an earlier version, without "
            "scores; export it again with python -m deeppose_tf.export"
        )
    return Loaded(
        signatures=keeping(model, model.signatures),
        skeleton=skeletons.from_json(values["skeleton"]),
        metadata=values,
        path=path,
    )


def start_fast():
    """Has graphs run as they are; to be called before any of them runs.

    TensorFlow optimizes each before its first run, which takes as long as it
    saves in some 30 photos.
    """
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options(
        {"disable_meta_optimizer": True}
    )


def load_finder(model_dir: str) -> dict:
    """The signatures of a person finder; see person_finder.py.

    Raises:
        InputError: there is none, or it is damaged.
    """
    path = find_finder(model_dir)
    model = _read(path, f"copy it again, or {_FINDER_HINT}")
    return keeping(model, model.signatures)


def find_finder(model_dir: str) -> pathlib.Path:
    """Where `load_finder` finds it, without TensorFlow; raises as it does."""
    path = versions.newest(pathlib.Path(model_dir))
    mend = f"copy it again, or {_FINDER_HINT}"
    if path is None:
        raise errors.InputError(
            f"--finder={model_dir}: no person finder there; {_FINDER_HINT}"
        )
    digests.check_all(path, mend)
    card = path / interface.METADATA
    values = json_files.load(card, mend)
    json_files.expect(card, values, {}, mend)
    if interface.FINDER_KIND not in values:
        raise errors.InputError(
            f"--finder={model_dir}: is no person finder; {_FINDER_HINT}"
        )
    return path


def _read(path, hint):
    """The SavedModel; one of an earlier version has no digests."""
    import tensorflow as tf  # After all that is checked without it.

    # What TensorFlow raises depends on the file and on where it is damaged.
    damaged = (
        *(OSError, ArithmeticError, AssertionError, AttributeError),
        *(LookupError, RuntimeError, TypeError, ValueError, tf.errors.OpError),
    )
    try:
        model = tf.saved_model.load(str(path))
        reason = f"lacks the signature {interface.IMAGE_BYTES}"
        if interface.IMAGE_BYTES in model.signatures:
            return model
    except damaged as error:
        reason = str(error).partition("\n")[0]
    raise errors.InputError(f"{path}: damaged ({reason}); {hint}")


def keeping(model, signatures: dict) -> dict:
    """Signatures that keep their model, and so its variables, alive."""

    def signature(name):
        call = signatures[name]
        return lambda **inputs: (model, call(**inputs))[1]

    return {name: signature(name) for name in signatures}
