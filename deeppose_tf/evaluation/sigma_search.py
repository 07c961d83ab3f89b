"""Box sizes for a refinement stage, compared on held-out people.

DeepPose, sec. 4.1, chose its sigma so.
"""

import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np

from deeppose_tf import errors
from deeppose_tf.data.dataset import Dataset
from deeppose_tf.launch import lazy
from deeppose_tf.models import stage_specs

with lazy.imports():
    from deeppose_tf.data import displacements
    from deeppose_tf.evaluation import stage_predictions
    from deeppose_tf.examples import input_pipeline
    from deeppose_tf.geometry import torso
    from deeppose_tf.models import trained_stages


@dataclasses.dataclass(frozen=True)
class Trial:
    """One way to size boxes, measured on held-out people.

    Attributes:
        sigma: side of the boxes in torso diameters.
        power: each joint's box is scaled by its spread over the median spread,
            to this power; the spread is that of the stage before.
        containment: share of labeled true joints inside their boxes; no stage
            can predict those outside.
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
) -> list[Trial]:
    """Runs a trained refinement stage with boxes of several sizes.

    The network is not trained again, so PDJ underrates sizes far from the
    trained one; containment is exact for each. A box sized by spread gets the
    entry of `sigmas` that is nearest to the wanted size (by ratio).

    Raises:
        InputError: there is no refinement stage in run_dir, or powers are given
            and the stage before predicts no spread.
    """
    spec = _refinement(run_dir, data)
    before = stage_predictions.of_split(
        stage_specs.previous_dir(spec, run_dir), data, split
    )
    if powers and before.spread is None:
        raise errors.InputError(
            f"--spread_powers: the stage before --run_dir={run_dir} predicts "
            "no spread (--loss=rle and --head=peak do); leave the flag out"
        )
    by_sigma = _predict(run_dir, spec, data, split, sigmas, before.joints)
    trials = []
    for sigma, power, indices in _sizes(spec, before, sigmas, powers):
        metrics = _choose(by_sigma, indices).metrics(
            spec.skeleton, intervals=True
        )
        box_sigmas = np.array(sigmas)[indices]
        containment = _containment(before, box_sigmas, spec.skeleton.torsos)
        pdj = metrics["figures"]["pdj@0.2"]
        interval = metrics["intervals"]["pdj@0.2"]
        trials.append(Trial(sigma, power, containment, pdj, interval))
    return trials


def rows(trials: list[Trial], trained: float) -> list[list]:
    """A table of trials; `trained` is the sigma of the training."""
    table = [["sigma", "truth in the box", "PDJ@0.2"]]
    for trial in trials:
        mark = " (trained)" if trial.sigma == trained else ""
        if trial.power:
            mark = f" x (spread / median)^{trial.power:g}"
        low, high = trial.interval
        table.append(
            [
                f"{trial.sigma:g}{mark}",
                f"{trial.containment:.3f}",
                (f"{trial.pdj:.3f}", f"[{low:.3f}, {high:.3f}]"),
            ]
        )
    return table


def _refinement(run_dir, data):
    spec = stage_specs.load_spec(run_dir)
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


def _sizes(spec, before, sigmas, powers):
    """Each trial's sigma, power and boxes, as int [n, joints] into sigmas."""
    everywhere = np.zeros(before.labeled.shape, int)
    for i, sigma in enumerate(sigmas):
        yield sigma, 0.0, everywhere + i
    for power in powers:
        relative = _relative_spread(before, spec.skeleton.torsos)
        wanted = spec.sigma * relative**power
        yield spec.sigma, power, _nearest(sigmas, wanted)


def _relative_spread(before, torsos):
    """Spread over diameter, divided by its median: float [n, joints]."""
    spread = np.linalg.norm(before.spread * before.box[:, None, 2:], axis=-1)
    relative = spread / _diameters(before, torsos)[:, None]
    return relative / np.median(relative)


def _nearest(sigmas, wanted):
    """The index into sigmas that is nearest to each of wanted, by ratio."""
    ratio = np.log(np.array(sigmas)) - np.log(wanted)[..., None]
    return np.abs(ratio).argmin(axis=-1)


def _predict(run_dir, spec, data, split, sigmas, previous_joints):
    """Predictions of the stage with boxes of each of sigmas."""
    trained = trained_stages.load(run_dir, spec)
    batches = input_pipeline.evaluation_batches(data, split, batch_size=32)
    return [
        stage_predictions.predict(
            _resized(trained, sigma), batches, previous_joints
        )
        for sigma in sigmas
    ]


def _resized(stage, sigma):
    spec = dataclasses.replace(stage.spec, sigma=sigma)
    return trained_stages.Stage(spec, stage.networks)


def _choose(by_sigma, indices):
    """Predictions of each joint in its own box; `indices` as of `_sizes`."""
    joints = np.stack([predictions.joints for predictions in by_sigma])
    chosen = np.take_along_axis(joints, indices[None, ..., None], axis=0)[0]
    return dataclasses.replace(by_sigma[0], joints=chosen)


def _diameters(before, torsos):
    predicted = before.in_pixels().joints
    return torso.predicted_diameter(predicted, before.box, torsos).numpy()


def _containment(before, sigmas, torsos):
    pixels = before.in_pixels()
    sides = sigmas * _diameters(before, torsos)[:, None]
    inside = displacements.contained(pixels.joints, pixels.truth, sides)
    return float(np.mean(inside[before.labeled])) if before.labeled.any() else 0
