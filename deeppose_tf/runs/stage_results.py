"""What a finished stage leaves: displacements, metrics, pictures."""

from absl import logging

from deeppose_tf.data import displacements
from deeppose_tf.evaluation import accumulators
from deeppose_tf.evaluation import confidence_fit
from deeppose_tf.evaluation import paired_differences
from deeppose_tf.evaluation import results
from deeppose_tf.evaluation import stage_predictions
from deeppose_tf.evaluation import training_predictions
from deeppose_tf.models import confidence
from deeppose_tf.models import run_paths
from deeppose_tf.runs import stage_summaries
from deeppose_tf.runs import validation
from deeppose_tf.runs.plan import Plan
from deeppose_tf.storage import digests
from deeppose_tf.training.workers import Workers


def write(plan: Plan, workers: Workers) -> str | None:
    """Measures a trained stage: displacements, metrics, confidence, pictures.

    Args:
        plan: of the stage.
        workers: among whom the people are shared out.

    Returns:
        A sentence if the stage before was better on held-out people.
    """
    skeleton, folder = plan.spec.skeleton, run_paths.RunFolder(plan.run_dir)
    of_training = training_predictions.of_stage(
        plan.run_dir, plan.data, workers
    )
    displacements.save(
        stage_predictions.measure(of_training, skeleton.torsos),
        folder.displacements,
        skeleton.joints,
    )
    split = validation.split_of(plan.data)
    by_stage = stage_predictions.of_stages(
        plan.run_dir, plan.data, split, workers=workers
    )
    confidence.save(
        confidence_fit.fit(by_stage, skeleton, split),
        plan.run_dir,
        skeleton.joints,
    )
    people = {"training": of_training}
    if split == "val":
        people["validation"] = by_stage[-1]
    else:
        logging.warning(
            "No val split: the stage is evaluated on its training people"
        )
    _save_metrics(plan, people)
    _show(plan, people, by_stage[-1], split)
    return worse(plan.spec, by_stage, split)


def _save_metrics(plan, people):
    result = {
        name: predictions.metrics(plan.spec.skeleton)
        for name, predictions in people.items()
    }
    folder = run_paths.RunFolder(plan.run_dir)
    digests.save(folder.metrics, result)
    digests.save_text(folder.metrics_table, results.table(result, "people"))
    for name, metrics in result.items():
        logging.info(
            "%s: PDJ@0.1 %.3f, @0.2 %.3f",
            name,
            metrics["figures"]["pdj@0.1"],
            metrics["figures"]["pdj@0.2"],
        )


def _show(plan, people, held_out, split):
    validation.show_curves(plan, held_out)
    shown = {"mean pose": validation.mean_pose(plan, held_out)} | {
        f"stage {plan.spec.stage}, {name} people": predictions
        for name, predictions in people.items()
    }
    curves = {
        name: predictions.curve(plan.spec.skeleton)
        for name, predictions in shown.items()
    }
    stage_summaries.after(plan, curves, held_out, split)


def worse(spec, by_stage, split) -> str | None:
    """A sentence if a stage is worse than the one before on PDJ@0.2.

    Args:
        spec: of the last stage.
        by_stage: what each stage predicts for the same people.
        split: theirs; people of train are called training people.
    """
    if spec.stage == 1:
        return None
    after, before = (
        accumulators.measure(predictions.in_pixels(), spec.skeleton)
        for predictions in (by_stage[-1], by_stage[-2])
    )
    row = paired_differences.between(after, before).get("pdj@0.2")
    if row is None or row["difference"] >= 0:
        return None
    people = "training" if split == "train" else "validation"
    return (
        f"STAGE {spec.stage} IS WORSE THAN STAGE {spec.stage - 1}: "
        f"{people} PDJ@0.2 {paired_differences.in_words(row)}. Train it "
        "longer, or with another --sigma, --targets or --step_size."
    )
