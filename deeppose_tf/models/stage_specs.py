"""What a stage is, and stage.json of a run folder, which holds it.

A `StageSpec` is enough to build the stage's model again with no flags; see
stages.py.
"""

import dataclasses
import hashlib
import os
import pathlib

from deeppose_tf import errors
from deeppose_tf import options
from deeppose_tf.geometry import skeletons
from deeppose_tf.models import run_paths
from deeppose_tf.networks import by_name
from deeppose_tf.options import option
from deeppose_tf.storage import digests
from deeppose_tf.storage import json_files

HEADS = ("fc", "integral", "peak", "context")
# Those that take the peak of each map; the rest of it tells the spread.
PEAK_HEADS = ("peak", "context")
MAP_HEADS = ("integral", *PEAK_HEADS)
REFINERS = ("shared", "per_joint", "pooled")
TRUNKS = ("own", "stage1")
# What a stage that refines nothing has in the place of refinement's options,
# and what a refiner has that pools nothing.
_STAGE_1 = {"sigma": None, "refiner": None, "previous": None, "step_size": 1.0}
_NOT_POOLED = {"trunk": None, "cells": None}


@dataclasses.dataclass(frozen=True, kw_only=True)
class StageSpec:
    """What a stage is; stage.json.

    What only refinement knows has no value in stage 1: sigma, refiner and
    previous are None there, and step_size is 1.

    Attributes:
        skeleton: of the joints.
        previous: run folder of the stage before, relative to this one's.
        spread: whether the stage also predicts the spread of each joint, as
            --loss=rle, --head=peak and --head=context do.
    """

    skeleton: skeletons.Skeleton
    stage: int = option(1, "1 sees the person box; later stages refine.", low=1)
    network: str = option(
        "alexnet",
        "Network before the head: crops to feature maps.",
        choices=sorted(by_name.NETWORKS),
    )
    head: str = option("fc", "Head: feature maps to joints.", choices=HEADS)
    image_size: int = option(220, "Side of the crops, pixels.", low=32)
    sigma: float | None = option(
        2.0, "Side of a refinement box, in torso diameters.", low=0.1
    )
    refiner: str | None = option(
        "shared",
        "One network for all joints (shared) or one a joint, which look at a "
        "crop around each joint; or pooled: one network looks at the person, "
        "and boxes around the joints are pooled from its features.",
        choices=REFINERS,
    )
    trunk: str | None = option(
        "own",
        "Refiner pooled: whose features, of a network of its own or those of "
        "stage 1, which are there already and stay as they are.",
        choices=TRUNKS,
    )
    cells: int | None = option(
        12, "Refiner pooled: cells of a joint's box along each axis.", low=4
    )
    step_size: float = option(
        1.0,
        "Refinement: share of the predicted displacement by which a joint is "
        "moved; the paper's is all of it.",
        low=0.0,
        high=1.0,
    )
    previous: str | None = None
    spread: bool = False

    def __post_init__(self):
        """Drops what the stage has no use for."""
        if self.stage == 1:
            self._set(_STAGE_1)
        if self.refiner != "pooled":
            self._set(_NOT_POOLED)

    def _set(self, values):
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def parts(self) -> dict[str, tuple[int, ...]]:
        """The networks of this stage: name -> joints that it predicts."""
        if self.refiner == "per_joint":
            return {name: (i,) for i, name in enumerate(self.skeleton.joints)}
        return {"all": tuple(range(len(self.skeleton.joints)))}


def previous_dir(spec: StageSpec, run_dir: pathlib.Path) -> pathlib.Path | None:
    """Run folder of the stage before; None for stage 1."""
    if spec.previous is None:
        return None
    return pathlib.Path(os.path.normpath(run_dir / spec.previous))


def first_dir(spec: StageSpec, run_dir: pathlib.Path) -> pathlib.Path:
    """Run folder of stage 1 of the cascade that ends with a stage."""
    while (previous := previous_dir(spec, run_dir)) is not None:
        run_dir, spec = previous, load_spec(previous)
    return run_dir


def weights_digest(
    spec: StageSpec, run_dir: pathlib.Path, salt: str = ""
) -> str:
    """A hash of the best weights of a stage and of all before it.

    Args:
        spec: of the stage.
        run_dir: its run folder.
        salt: what the hash is to depend on too.
    """
    digest = hashlib.sha256(salt.encode())
    while run_dir is not None:
        for path in run_paths.RunFolder(run_dir).weights_of_parts("best"):
            digest.update(path.read_bytes())
        run_dir = previous_dir(spec, run_dir)
        spec = load_spec(run_dir) if run_dir else spec
    return digest.hexdigest()


def save_spec(spec: StageSpec, run_dir: pathlib.Path):
    """Writes stage.json."""
    digests.save(run_paths.RunFolder(run_dir).spec, dataclasses.asdict(spec))


def load_spec(run_dir: pathlib.Path) -> StageSpec:
    """Inverse of `save_spec`; InputError where there is no run."""
    path = run_paths.RunFolder(run_dir).spec
    hint = (
        f"{run_dir} is not the run folder of a stage, train it first with "
        "python -m deeppose_tf.train"
    )
    values = digests.load(path, hint)
    json_files.expect(path, values, {"skeleton": dict}, hint)
    skeleton = values.pop("skeleton")
    spec = spec_from_json(path, values, skeleton, hint)
    if spec.stage > 1:
        json_files.expect(path, values, {"previous": str}, hint)
        # Whoever follows a stage that names itself would never end.
        previous = os.path.abspath(run_dir / values["previous"])
        if previous == os.path.abspath(run_dir):
            raise errors.InputError(f"{path}: previous is itself; {hint}")
    return spec


def spec_from_json(
    path: pathlib.Path, values: dict, skeleton: dict, hint: str
) -> StageSpec:
    """A spec out of a file that holds one.

    Args:
        path: of the file, for the message.
        values: the fields of the spec, without the skeleton.
        skeleton: of `Skeleton.to_json`.
        hint: how to get a sound file.

    Raises:
        InputError: a field is missing, unknown, of another type or out of its
            range.
    """
    wanted = {"stage": int, "network": str, "head": str, "image_size": int}
    json_files.expect(path, values, wanted, hint)
    if values["stage"] > 1:
        json_files.expect(path, values, {"sigma": float, "refiner": str}, hint)
    if "spread" in values:
        json_files.expect(path, values, {"spread": bool}, hint)
    known = {field.name for field in dataclasses.fields(StageSpec)}
    if unknown := sorted(values.keys() - known):
        raise errors.InputError(f"{path}: unknown {', '.join(unknown)}; {hint}")
    if wrong := options.wrong(StageSpec, values):
        raise errors.InputError(f"{path}: {wrong}; {hint}")
    with json_files.parsing(path, hint):
        return StageSpec(skeleton=skeletons.from_json(skeleton), **values)
