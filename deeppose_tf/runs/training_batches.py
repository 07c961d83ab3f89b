"""The examples that a stage learns from, as its plan wants them."""

from collections.abc import Callable

import tensorflow as tf

from deeppose_tf.data import crop_centers
from deeppose_tf.data import displacements
from deeppose_tf.data import input_pipeline
from deeppose_tf.data import refinement_crops
from deeppose_tf.data import refinement_pipeline
from deeppose_tf.evaluation import stage_predictions
from deeppose_tf.evaluation.stage_predictions import Predictions
from deeppose_tf.runs.plan import Plan


def training(plan: Plan, part: str) -> Callable[[int], tf.data.Dataset]:
    """A function from the step to start at to endless batches."""
    common = dict(
        batch_size=plan.schedule.batch_size,
        seed=plan.seed,
        shuffle_buffer=plan.shuffle_buffer,
    )
    if plan.spec.stage == 1:
        return lambda step: input_pipeline.pose_batches(
            plan.data,
            image_size=plan.spec.image_size,
            how=plan.how,
            start_step=step,
            **common,
        )
    found = None
    if plan.crops_from == "predictions":
        found = stage_predictions.of_training_people(plan.previous, plan.data)
    cropping, where = _cropping(plan, part), _starts(plan, found)
    return lambda step: refinement_pipeline.refinement_batches(
        plan.data, where, cropping, start_step=step, **common
    )


def held_out(
    plan: Plan, part: str, split: str, before: Predictions | None
) -> tf.data.Dataset:
    """Batches like those of the training, of other people, once and plain.

    Args:
        plan: of the stage.
        part: key of `StageSpec.parts`.
        split: whose people.
        before: what the stage before predicts for them; None for stage 1.
    """
    common = dict(batch_size=plan.schedule.batch_size, limit=plan.eval_persons)
    if plan.spec.stage == 1:
        return input_pipeline.held_out_poses(
            plan.data, split, image_size=plan.spec.image_size, **common
        )
    return refinement_pipeline.held_out_crops(
        plan.data, split, _starts(plan, before), _cropping(plan, part), **common
    )


def _cropping(plan, part):
    return refinement_crops.Cropping(
        outputs=plan.spec.parts[part],
        sigma=plan.spec.sigma,
        image_size=plan.spec.image_size,
        crops_per_person=plan.crops_per_person,
        targets=plan.targets,
        how=plan.how,
    )


def _starts(plan, found):
    skeleton = plan.spec.skeleton
    if plan.crops_from == "gaussian":
        statistics = displacements.load(
            plan.previous / "displacements.json", skeleton.joints
        )
        return crop_centers.gaussian(statistics, skeleton)
    return crop_centers.predicted(found.person_ids, found.joints, skeleton)
