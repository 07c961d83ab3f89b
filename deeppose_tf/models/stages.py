"""Stages: the Keras models of stage 1 (pose) and of the refiners.

`stage.json` in a run folder holds a `StageSpec`: enough to build the model
again with no flags.
"""

import dataclasses
import os
import pathlib
import warnings

import keras

from deeppose_tf import errors
from deeppose_tf import files
from deeppose_tf.geometry import skeletons
from deeppose_tf.models import heads
from deeppose_tf.models import networks

REFINERS = ("shared", "per_joint")


@dataclasses.dataclass(frozen=True)
class StageSpec:
    """What a stage is.

    Attributes:
        stage: level of the cascade, from 1.
        skeleton: of the joints.
        network: key of `networks.NETWORKS`.
        head: one of `heads.HEADS`.
        image_size: side of the crops, pixels.
        sigma: side of a refinement box in diameters; None for stage 1.
        refiner: one of `REFINERS`; None for stage 1.
        previous: run folder of the stage before, relative to this one's.
        step_size: share of the way that a refined joint goes to where the
            network sees it; of no meaning for stage 1.
        spread: whether it tells each joint's spread too, as --loss=rle and
            --head=peak do.
    """

    stage: int
    skeleton: skeletons.Skeleton
    network: str
    head: str
    image_size: int
    sigma: float | None = None
    refiner: str | None = None
    previous: str | None = None
    step_size: float = 1.0
    spread: bool = False

    @property
    def parts(self) -> dict[str, tuple[int, ...]]:
        """The networks of this stage: name -> joints that it predicts."""
        if self.refiner == "per_joint":
            return {name: (i,) for i, name in enumerate(self.skeleton.joints)}
        return {"all": tuple(range(len(self.skeleton.joints)))}


def build(spec: StageSpec, part: str, weights: str | None = None):
    """The network of one part of a stage.

    Args:
        spec: of the stage.
        part: key of `spec.parts`.
        weights: None, "imagenet", or a file that a training wrote.

    Returns:
        keras.Model from crops, float32 [batch, size, size, 3], to float32
        [batch, outputs, 2]: stage 1, joints in units of the person box; later
        stages, each joint in units of the box around its start. Of a stage with
        spread [batch, outputs, 4]; see `heads.attach`.
    """
    return build_with_trunk(spec, part, weights)[0]


def build_with_trunk(spec: StageSpec, part: str, weights: str | None = None):
    """Like `build`, and its network before the head, which shares weights."""
    known = weights if weights in (None, "imagenet") else None
    trunk = networks.NETWORKS[spec.network](spec.image_size, known)
    found = heads.attach(
        *(spec.head, spec.network, trunk.outputs),
        len(spec.parts[part]),
        spec.spread,
    )
    name = f"stage{spec.stage}_{part}"
    model = keras.Model(trunk.input, found, name=name)
    if known != weights:
        load_weights(model, weights)
    return model, trunk


def load_weights(model: keras.Model, path: str | pathlib.Path):
    """Loads a .weights.h5 file; InputError where it does not fit."""
    try:
        with warnings.catch_warnings():
            # Keras only warns where layers keep their fresh weights.
            warnings.simplefilter("error", UserWarning)
            model.load_weights(path)
    except (OSError, ValueError, KeyError, UserWarning) as error:
        reason = str(error).strip().splitlines()[0]
        raise errors.InputError(
            f"{path}: not weights of this network ({reason}); use a file that "
            "a training with the same network, head and skeleton wrote"
        ) from error


def previous_dir(spec: StageSpec, run_dir: pathlib.Path) -> pathlib.Path | None:
    """Run folder of the stage before; None for stage 1."""
    if spec.previous is None:
        return None
    return pathlib.Path(os.path.normpath(run_dir / spec.previous))


def save_spec(spec: StageSpec, run_dir: pathlib.Path):
    """Writes stage.json."""
    files.save(run_dir / "stage.json", dataclasses.asdict(spec))


def load_spec(run_dir: pathlib.Path) -> StageSpec:
    """Inverse of `save_spec`; InputError where there is no run."""
    values = files.load(
        run_dir / "stage.json",
        f"{run_dir} is not the run folder of a stage, train it first with "
        "python -m deeppose_tf.train",
    )
    values["skeleton"] = skeletons.from_json(values["skeleton"])
    return StageSpec(**values)
