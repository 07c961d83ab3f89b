"""How large refinement boxes should be (DeepPose, sec. 4.1, chose so)."""

import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np

from deeppose_tf import errors
from deeppose_tf.data import displacements
from deeppose_tf.data import input_pipeline
from deeppose_tf.data.dataset import Dataset
from deeppose_tf.evaluation import stage_predictions
from deeppose_tf.geometry import torso
from deeppose_tf.models import cascade
from deeppose_tf.models import stages


@dataclasses.dataclass(frozen=True)
class Tried:
    """One way to size boxes, on held-out people.

    Attributes:
        sigma: side of the boxes in diameters.
        power: a joint's box is larger or smaller by the spread that the stage
            before tells of it, over the median of all spreads, to this power.
        containment: share of labeled true joints inside their boxes; no stage
            can find those outside.
        pdj: PDJ@0.2 of the stage with such boxes.
        interval: the ends of its 95% interval.
    """

    sigma: float
    power: float
    containment: float
    pdj: float
    interval: list[float]


def sweep(
    run_dir: pathlib.Path,
    data: Dataset,
    split: str,
    sigmas: list[float],
    powers: Sequence[float] = (),
) -> list[Tried]:
    """Runs a trained refinement stage with boxes of several sizes.

    The network stays as it was trained, so a size far from its own is judged
    too harshly; containment is exact for each. A box sized by spread has that
    of `sigmas` which is nearest to the size wanted (by ratio).

    Raises:
        InputError: there is no refinement stage in run_dir, or the stage
            before it tells no spread and powers are given.
    """
    spec = _refinement(run_dir, data)
    before = stage_predictions.of_split(
        stages.previous_dir(spec, run_dir), data, split
    )
    if powers and before.spread is None:
        raise errors.InputError(
            f"--spread_powers: the stage before --run_dir={run_dir} tells no "
            "spread (--loss=rle and --head=peak do); leave it out"
        )
    trained = cascade.load_stage(run_dir, spec)
    batches = input_pipeline.evaluation_batches(data, split, batch_size=32)
    found = [
        stage_predictions.predict(
            _resized(trained, sigma), batches, before.joints
        )
        for sigma in sigmas
    ]
    torsos = spec.skeleton.torsos

    def judged(sigma, power, chosen):
        """`chosen`: int [n, joints], which of `sigmas` each box has."""
        score = _choose(found, chosen).score(spec.skeleton, intervals=True)
        return Tried(
            sigma,
            power,
            _contained(before, np.array(sigmas)[chosen], torsos),
            score["figures"]["pdj@0.2"],
            score["intervals"]["pdj@0.2"],
        )

    every = np.zeros(before.labeled.shape, int)
    tried = [judged(sigma, 0.0, every + i) for i, sigma in enumerate(sigmas)]
    for power in powers:
        wanted = spec.sigma * _relative_spread(before, torsos) ** power
        tried.append(judged(spec.sigma, power, _nearest(sigmas, wanted)))
    return tried


def rows(tried: list[Tried], trained: float) -> list[list]:
    """A table of what `sweep` found; `trained` is the size of the training."""
    table = [["sigma", "truth in the box", "PDJ@0.2"]]
    for row in tried:
        mark = " (trained)" if row.sigma == trained else ""
        if row.power:
            mark = f" x (spread / median)^{row.power:g}"
        low, high = row.interval
        table.append(
            [
                f"{row.sigma:g}{mark}",
                f"{row.containment:.3f}",
                (f"{row.pdj:.3f}", f"[{low:.3f}, {high:.3f}]"),
            ]
        )
    return table


def _refinement(run_dir, data):
    spec = stages.load_spec(run_dir)
    if spec.stage == 1:
        raise errors.InputError(
            f"--run_dir={run_dir}: stage 1 has no sigma; name a later stage "
            "(displacements.json of stage 1 holds containment by sigma)"
        )
    if spec.skeleton != data.skeleton:
        raise errors.InputError(
            f"--run_dir={run_dir}: skeleton {spec.skeleton.name}, --data_dir="
            f"{data.path} has {data.skeleton.name}; both must be the same"
        )
    return spec


def _resized(stage, sigma):
    spec = dataclasses.replace(stage.spec, sigma=sigma)
    return cascade.Stage(spec, stage.networks)


def _relative_spread(before, torsos):
    """Spread over diameter, over the median of that: float [n, joints]."""
    spread = np.linalg.norm(before.spread * before.box[:, None, 2:], axis=-1)
    relative = spread / _diameters(before, torsos)[:, None]
    return relative / np.median(relative)


def _nearest(sigmas, wanted):
    """Which of sigmas is nearest to each of wanted, by ratio."""
    ratio = np.log(np.array(sigmas)) - np.log(wanted)[..., None]
    return np.abs(ratio).argmin(axis=-1)


def _choose(found, chosen):
    """Each joint as refined in the box that was chosen for it."""
    joints = np.stack([f.joints for f in found])
    picked = np.take_along_axis(joints, chosen[None, ..., None], axis=0)[0]
    return dataclasses.replace(found[0], joints=picked)


def _diameters(before, torsos):
    predicted, _ = before.pixels()
    return torso.predicted_diameter(predicted, before.box, torsos).numpy()


def _contained(before, sigma, torsos):
    sides = sigma * _diameters(before, torsos)[:, None]
    inside = displacements.contained(*before.pixels(), sides)
    return float(np.mean(inside[before.labeled])) if before.labeled.any() else 0
