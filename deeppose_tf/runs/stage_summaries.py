"""What TensorBoard shows of a training before and after it."""

import dataclasses
import pathlib

import numpy as np

from deeppose_tf.data import displacements
from deeppose_tf.evaluation.stage_predictions import Predictions
from deeppose_tf.runs import training_batches
from deeppose_tf.runs.plan import Plan
from deeppose_tf.training import summaries
from deeppose_tf.visualization import displacement_charts
from deeppose_tf.visualization import galleries
from deeppose_tf.visualization import pdj_curves
from deeppose_tf.visualization import pose_drawing

_CROPS = 40
_FINAL = ("pdj@0.1", "pdj@0.2", "pdj@0.5", "auc")


def before(plan: Plan, part: str, folder: pathlib.Path):
    """Shows what the network will see: faults there cost whole trainings.

    The flags as text, a sheet of training crops with their targets, and for a
    refiner the displacements that its crops make up for.

    Args:
        plan: of the stage.
        part: which of its networks.
        folder: of that network.
    """
    with summaries.run(folder, "examples"):
        summaries.text("flags", (plan.run_dir / "flags.cfg").read_text())
        summaries.picture("pictures/training_crops", _crop_sheet(plan, part))
        if plan.previous:
            found = displacements.load(
                plan.previous / "displacements.json", plan.spec.skeleton.joints
            )
            summaries.picture(
                "pictures/displacements_of_the_stage_before",
                displacement_charts.refinement_boxes(
                    found, plan.spec.sigma, plan.spec.skeleton
                ),
            )


def _crop_sheet(plan, part):
    # The sheet need not wait until a large buffer has filled.
    plan = dataclasses.replace(plan, shuffle_buffer=4 * _CROPS)
    columns, count = [], 0
    for batch in training_batches.training(plan, part)(0):
        columns.append(batch)
        count += len(batch[0])
        if count >= _CROPS:
            break
    crop, joints, labeled = (
        np.concatenate(parts)[:_CROPS] for parts in zip(*columns, strict=True)
    )
    return pose_drawing.crop_sheet(
        crop, joints, labeled, plan.spec.parts[part], plan.spec.skeleton
    )


def after(plan: Plan, curves: dict[str, dict], found: Predictions, split: str):
    """Shows what came of it: PDJ curves, people, a row of the HParams tab.

    Args:
        plan: of the stage.
        curves: by name, of `Predictions.curve`.
        found: the stage's predictions for them.
        split: whose people those are.
    """
    title = f"PDJ, {split} people of {plan.data.path}"
    chosen = galleries.choose(found, plan.spec.skeleton)
    figures = found.score(plan.spec.skeleton)["figures"]
    with summaries.run(plan.run_dir, "result"):
        summaries.picture("pictures/pdj", pdj_curves.pdj_curves(curves, title))
        people = galleries.draw(
            chosen, found, plan.data, plan.spec.skeleton, split
        )
        for name, figure in people.items():
            summaries.picture(f"pictures/{name}_people", figure)
        summaries.hparams(
            plan.hparams,
            {f"final/{name}": figures[name] for name in _FINAL},
        )
