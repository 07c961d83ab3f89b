"""Exports for LiteRT in this process, as programs take models."""

import os
import pathlib

import numpy as np

from deeppose_tf import errors
from deeppose_tf import extras
from deeppose_tf.geometry import skeletons
from deeppose_tf.launch import lazy
from deeppose_tf.launch import startup
from deeppose_tf.models import stage_specs
from deeppose_tf.serving import interface
from deeppose_tf.serving import metadata
from deeppose_tf.serving import saved_models
from deeppose_tf.storage import digests
from deeppose_tf.storage import json_files

with lazy.imports():
    from deeppose_tf.geometry import crops
    from deeppose_tf.serving import litert_runner

# Networks of a pooled stage, before and after its boxes are sampled.
_POOLED = {"features", "head"}


def load(version: pathlib.Path, threads: int = 1) -> "litert_runner.Cascade":
    """The cascade of an export.

    Args:
        version: litert/NAME/VERSION.
        threads: for each network.

    Raises:
        InputError: the export is damaged, or LiteRT is not installed.
    """
    extras.load(
        f"{extras.LITERT}.interpreter", wanted_by=str(version), extra="litert"
    )
    digests.check_all(version, metadata.HINT)
    card = version / interface.LITERT_METADATA
    values = metadata.load(card)
    # Earlier versions wrote neither.
    wanted = {"looks": dict, "scores": dict}
    json_files.expect(card, values, wanted, metadata.HINT)
    for stage, networks in zip(
        values["stages"], metadata.networks(card, values), strict=True
    ):
        _check_stage(card, values, stage, networks)
    try:
        with startup.without_infos():
            return litert_runner.Cascade(version, threads)
    except ValueError as error:
        raise errors.InputError(f"{error}; {metadata.HINT}") from error


def _check_stage(card, values, stage, networks):
    """Raises InputError where a stage is none, or has other networks."""
    described = {
        key: value
        for key, value in stage.items()
        if key not in ("weights", "networks")
    }
    spec = stage_specs.spec_from_json(
        card, described, values["skeleton"], metadata.HINT
    )
    known = _POOLED if spec.refiner == "pooled" else set(spec.parts)
    if not set(networks) <= known:
        raise errors.InputError(
            f"{card}: has other networks than its stages; {metadata.HINT}"
        )


def model(
    version: pathlib.Path, threads: int | None = None
) -> saved_models.Loaded:
    """An export as `predict` and `evaluate` take models.

    Args:
        version: litert/NAME/VERSION.
        threads: for each network; None: as many as there are cores.

    Raises:
        InputError: as of `load`.
    """
    cascade = load(version, threads or os.cpu_count() or 1)

    def from_pixels(image, box):
        """What `signatures.Server.from_pixels` gives, person by person."""
        people = zip(image, np.asarray(box), strict=True)
        poses = [cascade.pose(np.asarray(each), b) for each, b in people]
        stage_joints, scores, person_scores = (
            np.array(column, np.float32) for column in zip(*poses, strict=True)
        )
        return {
            interface.JOINTS: stage_joints[:, -1],
            interface.STAGE_JOINTS: stage_joints,
            interface.SCORES: scores,
            interface.PERSON_SCORES: person_scores,
        }

    def from_bytes(image_bytes, box):
        # One by one: all of a batch may take gigabytes.
        pictures = (crops.decode(encoded).numpy() for encoded in image_bytes)
        return from_pixels(pictures, box)

    return saved_models.Loaded(
        signatures={
            interface.IMAGE_BYTES: from_bytes,
            interface.IMAGE_TENSOR: from_pixels,
        },
        skeleton=skeletons.from_json(cascade.card["skeleton"]),
        metadata=cascade.card,
        path=version,
    )
