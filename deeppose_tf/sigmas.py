"""How large refinement boxes should be (DeepPose, sec. 4.1, chose so)."""

import dataclasses
import pathlib

import numpy as np

from deeppose_tf import cascade
from deeppose_tf import displacements
from deeppose_tf import errors
from deeppose_tf import input_pipeline
from deeppose_tf import predictions
from deeppose_tf import refinement_boxes
from deeppose_tf import stages
from deeppose_tf.dataset import Dataset


@dataclasses.dataclass(frozen=True)
class Tried:
    """One box size on held-out people.

    Attributes:
        sigma: side of the boxes in diameters.
        containment: share of labeled true joints inside their boxes; no stage
            can find those outside.
        pdj: PDJ@0.2 of the stage with such boxes.
        interval: the ends of its 95% interval.
    """

    sigma: float
    containment: float
    pdj: float
    interval: list[float]


def sweep(
    run_dir: pathlib.Path, data: Dataset, split: str, sigmas: list[float]
) -> list[Tried]:
    """Runs a trained refinement stage with boxes of several sizes.

    The network stays as it was trained, so a size far from its own is judged
    too harshly; containment is exact for each.

    Raises:
        InputError: there is no refinement stage in run_dir.
    """
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
    before = predictions.of_split(
        stages.previous_dir(spec, run_dir), data, split
    )
    batches = input_pipeline.evaluation_batches(data, split, batch_size=32)
    networks = cascade.load_stage(run_dir, spec).networks
    result = []
    for sigma in sigmas:
        stage = cascade.Stage(dataclasses.replace(spec, sigma=sigma), networks)
        found = predictions.predict(stage, batches, before.joints)
        score = found.score(spec.skeleton, intervals=True)
        result.append(
            Tried(
                sigma,
                _contained(before, sigma, spec.skeleton.torsos),
                score["figures"]["pdj@0.2"],
                score["intervals"]["pdj@0.2"],
            )
        )
    return result


def rows(tried: list[Tried], trained: float) -> list[list]:
    """A table of what `sweep` found; `trained` is the size of the training."""
    table = [["sigma", "truth in the box", "PDJ@0.2"]]
    for row in tried:
        mark = " (trained)" if row.sigma == trained else ""
        low, high = row.interval
        table.append(
            [
                f"{row.sigma:g}{mark}",
                f"{row.containment:.3f}",
                (f"{row.pdj:.3f}", f"[{low:.3f}, {high:.3f}]"),
            ]
        )
    return table


def _contained(before, sigma, torsos):
    predicted, truth = before.pixels()
    side = sigma * refinement_boxes.predicted_diameter(
        predicted, before.box, torsos
    )
    inside = displacements.contained(predicted, truth, side.numpy())
    return float(np.mean(inside[before.labeled])) if before.labeled.any() else 0
