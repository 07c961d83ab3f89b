"""The batches that a stage learns from, as its plan describes them."""

from collections.abc import Callable

import tensorflow as tf

from deeppose_tf.data import displacements
from deeppose_tf.data import shares
from deeppose_tf.evaluation import training_predictions
from deeppose_tf.evaluation.stage_predictions import StagePredictions
from deeppose_tf.examples import crop_centers
from deeppose_tf.examples import example_sources
from deeppose_tf.examples import input_pipeline
from deeppose_tf.examples import input_service
from deeppose_tf.examples import pooled_pipeline
from deeppose_tf.examples import refinement_crops
from deeppose_tf.examples import refinement_pipeline
from deeppose_tf.examples import service_processes
from deeppose_tf.models import run_paths
from deeppose_tf.runs.plan import Plan
from deeppose_tf.training import workers as workers_


def training(
    plan: Plan, part: str, workers: workers_.Workers = workers_.ALONE
) -> Callable[[int], tf.data.Dataset]:
    """A function from the step to start at to endless batches.

    Args:
        plan: of the stage.
        part: key of `StageSpec.parts`.
        workers: who train together; each gets its part of every batch.
    """
    common = dict(
        source=_source(plan, workers),
        batch_size=plan.schedule.batch_size,
        seed=plan.seed,
        shuffle_buffer=plan.examples.shuffle_buffer,
    )
    if plan.spec.stage == 1:
        return lambda step: input_pipeline.pose_batches(
            plan.data,
            image_size=plan.spec.image_size,
            augmentation=plan.examples.augmentation,
            start_step=step,
            **common,
        )
    predictions = None
    if plan.examples.crops_from == "predictions":
        predictions = training_predictions.of_stage(
            plan.previous, plan.data, workers
        )
    centers = _centers(plan, predictions)
    if plan.spec.refiner == "pooled":
        return lambda step: pooled_pipeline.pooled_batches(
            plan.data, centers, _look(plan), start_step=step, **common
        )
    cropping = _cropping(plan, part)
    return lambda step: refinement_pipeline.refinement_batches(
        plan.data, centers, cropping, start_step=step, **common
    )


def _source(plan, workers):
    if plan.tf_data_service is None:
        return example_sources.ThisProcess(workers.share)
    service_processes.check(plan.tf_data_service)
    service_processes.wait_for_worker(plan.tf_data_service)
    return input_service.Service(
        plan.tf_data_service, workers.agreed_name(), workers.share.of
    )


def held_out(
    plan: Plan,
    part: str,
    split: str,
    before: StagePredictions | None,
    share: shares.Share = shares.WHOLE,
) -> tf.data.Dataset:
    """Batches of held-out people, each once and without augmentation.

    Args:
        plan: of the stage.
        part: key of `StageSpec.parts`.
        split: whose people.
        before: what the stage before predicts for them; None for stage 1.
        share: of these people, those of one worker.
    """
    common = dict(
        batch_size=plan.schedule.batch_size,
        limit=plan.eval_persons,
        share=share,
    )
    if plan.spec.stage == 1:
        return input_pipeline.held_out_poses(
            plan.data, split, image_size=plan.spec.image_size, **common
        )
    centers = _centers(plan, before)
    if plan.spec.refiner == "pooled":
        return pooled_pipeline.held_out(
            plan.data, split, centers, _look(plan), **common
        )
    return refinement_pipeline.held_out_crops(
        plan.data, split, centers, _cropping(plan, part), **common
    )


def _look(plan):
    return pooled_pipeline.Look(
        sigma=plan.spec.sigma,
        image_size=plan.spec.image_size,
        augmentation=plan.examples.augmentation,
    )


def _cropping(plan, part):
    return refinement_crops.Cropping(
        outputs=plan.spec.parts[part],
        sigma=plan.spec.sigma,
        image_size=plan.spec.image_size,
        options=plan.examples,
    )


def _centers(plan, predictions):
    skeleton = plan.spec.skeleton
    if plan.examples.crops_from == "gaussian":
        path = run_paths.RunFolder(plan.previous).displacements
        statistics = displacements.load(path, skeleton.joints)
        return crop_centers.simulated(statistics, skeleton)
    return crop_centers.predicted(
        predictions.person_ids, predictions.joints, skeleton
    )
