"""What TensorBoard shows of a training before and after it."""

import dataclasses

import numpy as np
import tensorflow as tf

from deeppose_tf.data import displacements
from deeppose_tf.evaluation.stage_predictions import StagePredictions
from deeppose_tf.models import pooled
from deeppose_tf.models import run_paths
from deeppose_tf.models import soft_argmax
from deeppose_tf.runs import training_batches
from deeppose_tf.runs.plan import Plan
from deeppose_tf.training import summaries
from deeppose_tf.visualization import displacement_charts
from deeppose_tf.visualization import galleries
from deeppose_tf.visualization import pdj_curves
from deeppose_tf.visualization import pose_drawing

_CROPS = 40
_BOX_SIDE = 60  # Pixels in which a pooled box is shown.
_FINAL = ("pdj@0.1", "pdj@0.2", "pdj@0.5", "auc")


def before(plan: Plan, part: str):
    """Shows what the network will see: faults there cost whole trainings.

    The flags as text, a sheet of training crops with their targets, and for a
    refiner the displacements that it has to correct.

    Args:
        plan: of the stage.
        part: which of its networks.
    """
    folder = run_paths.RunFolder(plan.run_dir)
    with summaries.run(folder.part(part).path, "examples"):
        summaries.text("flags", folder.flags.read_text())
        if not plan.tensorboard_pictures:
            return
        summaries.picture("pictures/training_crops", _crop_sheet(plan, part))
        if plan.previous:
            summaries.picture(
                "pictures/displacements_of_the_stage_before",
                _displacements_before(plan),
            )


def _displacements_before(plan):
    path = run_paths.RunFolder(plan.previous).displacements
    return displacement_charts.refinement_boxes(
        displacements.load(path, plan.spec.skeleton.joints),
        plan.spec.sigma,
        plan.spec.skeleton,
    )


def _crop_sheet(plan, part):
    # The sheet need not wait until a large buffer is full.
    examples = dataclasses.replace(plan.examples, shuffle_buffer=4 * _CROPS)
    plan = dataclasses.replace(plan, examples=examples, tf_data_service=None)
    batches, count = [], 0
    for batch in training_batches.training(plan, part)(0):
        if plan.spec.refiner == "pooled":
            batch = _boxes_as_crops(*batch)
        batches.append(batch)
        count += len(batch[0])
        if count >= _CROPS:
            break
    crop, joints, labeled = (
        np.concatenate(column)[:_CROPS] for column in zip(*batches, strict=True)
    )
    return pose_drawing.crop_sheet(
        crop, joints, labeled, plan.spec.parts[part], plan.spec.skeleton
    )


def _boxes_as_crops(inputs, joints, labeled):
    """What boxes show of the picture, in the place of its features."""
    crop, around = inputs
    k, side = around.shape[1], _BOX_SIDE + 2 * soft_argmax.MARGIN
    boxes = pooled.pool(crop, around, _BOX_SIDE)
    joints = joints[:, :, None] * tf.ones([k, 1]) * (_BOX_SIDE / side)
    own = labeled[:, :, None] & tf.eye(k, dtype=tf.bool)
    return (
        tf.reshape(boxes, [-1, side, side, 3]),
        tf.reshape(joints, [-1, k, 2]),
        tf.reshape(own, [-1, k]),
    )


def after(
    plan: Plan,
    curves: dict[str, dict],
    predictions: StagePredictions,
    split: str,
):
    """Shows the result: PDJ curves, people, a row of the HParams tab.

    Args:
        plan: of the stage.
        curves: by name, of `StagePredictions.curve`.
        predictions: of the stage for the people that are shown.
        split: of those people.
    """
    skeleton = plan.spec.skeleton
    metrics = predictions.metrics(skeleton)["figures"]
    with summaries.run(plan.run_dir, "result"):
        if plan.tensorboard_pictures:
            title = f"PDJ, {split} people of {plan.data.path}"
            figure = pdj_curves.draw(curves, title)
            summaries.picture("pictures/pdj", figure)
            people = galleries.draw(
                galleries.choose(predictions, skeleton),
                predictions,
                plan.data,
                skeleton,
                split,
            )
            for name, figure in people.items():
                summaries.picture(f"pictures/{name}_people", figure)
        summaries.hparams(
            "/".join(plan.run_dir.resolve().parts[-2:]),
            {name: value for name, (_, value) in plan.options.items()},
            {f"result/{name}": metrics[name] for name in _FINAL},
        )
