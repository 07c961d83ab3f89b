"""What a finished stage leaves: its errors, its figures, its pictures."""

from absl import logging

from deeppose_tf import files
from deeppose_tf.data import displacements
from deeppose_tf.evaluation import accumulators
from deeppose_tf.evaluation import confidence_fit
from deeppose_tf.evaluation import paired_differences
from deeppose_tf.evaluation import stage_predictions
from deeppose_tf.models import confidence
from deeppose_tf.runs import stage_summaries
from deeppose_tf.runs import validation
from deeppose_tf.runs.plan import Plan


def write(plan: Plan) -> str | None:
    """Measures a trained stage: its errors, figures, scores, pictures.

    Returns:
        A sentence where the stage before was better on held-out people.
    """
    skeleton = plan.spec.skeleton
    seen = stage_predictions.of_training_people(plan.run_dir, plan.data)
    displacements.save(
        stage_predictions.measure(seen, skeleton.torsos),
        plan.run_dir / "displacements.json",
        skeleton.joints,
    )
    split = validation.split_of(plan.data)
    by_stage = stage_predictions.of_stages(plan.run_dir, plan.data, split)
    found = by_stage[-1]
    confidence.save(
        confidence_fit.fit(by_stage, skeleton, split),
        plan.run_dir,
        skeleton.joints,
    )
    result = {"training": seen.score(skeleton)}
    if split == "val":
        result["validation"] = found.score(skeleton)
    else:
        logging.warning("No val split: the stage is judged where it learned")
    files.save(plan.run_dir / "metrics.json", result)
    for name, numbers in result.items():
        figures = numbers["figures"]
        logging.info(
            "%s: PDJ@0.1 %.3f, @0.2 %.3f",
            *(name, figures["pdj@0.1"], figures["pdj@0.2"]),
        )
    people = {"training": seen, "validation": found}
    _show(plan, {name: people[name] for name in result}, found, split)
    return worse(plan.spec, by_stage, split)


def _show(plan, people, found, split):
    validation.show_curves(plan, found)
    guess = validation.mean_guess(plan, found)
    stage_summaries.after(
        plan,
        {
            "mean pose": guess.curve(plan.spec.skeleton),
            **{
                f"stage {plan.spec.stage}, {name} people": some.curve(
                    plan.spec.skeleton
                )
                for name, some in people.items()
            },
        },
        found,
        split,
    )


def worse(spec, by_stage, split) -> str | None:
    """A sentence where a stage is worse than the one before on PDJ@0.2.

    Args:
        spec: of the last stage.
        by_stage: what each stage predicts for the same people.
        split: theirs; people of train are called training people.
    """
    if spec.stage == 1:
        return None
    after, before = (
        accumulators.of(*found.pixels(), found.labeled, spec.skeleton)
        for found in (by_stage[-1], by_stage[-2])
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
