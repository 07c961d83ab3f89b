"""What was judged and how, in sentences for the reader of a report."""

from deeppose_tf.data.dataset import Dataset
from deeppose_tf.evaluation import cascade_predictions
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.serving import saved_models


def sentences(
    model: saved_models.Loaded,
    data: Dataset,
    skeleton: Skeleton,
    split: str,
    people: cascade_predictions.Judged,
    results: dict[str, dict],
) -> list[str]:
    """Model, data, boxes and metrics in words.

    Args:
        model: the exported cascade.
        data: the data set.
        skeleton: of the joints that are judged.
        split: its split.
        people: what the model says of them.
        results: of `Judged.results`.
    """
    counts = results[cascade_predictions.MEAN_POSE]
    figures, left_out = counts["figures"], counts["persons_without_torso"]
    box = data.box
    shape = "square" if box["square"] else "not square"
    kind = {
        "image": "the whole image",
        "joints": "around the true joints",
        "annotated": "the data set's own",
    }
    return [
        f"PDJ on {counts['persons'] - left_out} {split} persons of "
        f"{data.name} ({data.path}); box: {kind[box['kind']]} x "
        f"{box['scale']:g}, {shape}",
        f"model: {model.path}",
        *_about_joints(model.skeleton, data.skeleton, skeleton),
        *map(_about_stage, model.metadata["stages"]),
        f"{left_out} of {counts['persons']} persons are left out of PDJ, of "
        "its area, of errors in diameters and of the swap rate: their left "
        "shoulder or right hip is unlabeled",
        "PDJ: closer to the truth than a share of the true torso diameter "
        "(left shoulder to right hip)",
        "PCP at 0.5: strict wants both ends of a limb within half its length, "
        "relaxed the mean of both; means over 4 limb kinds, over 6 with torso "
        "and head, and over 10 parts; torso: its two sides, shoulder to hip",
        "PCK at 0.2 of the longer side of the box around shoulders and hips, "
        "on persons with all four of them labeled; PCP on limbs with both ends "
        "labeled"
        + ("; PCKh at 0.5 of the head size" if "pckh@0.5" in figures else ""),
        "left and right exchanged: share of persons whose PDJ@0.2 rises when "
        "the prediction's left and right change places",
        "mean pose: the mean of the labeled training joints, for everybody",
        *_about_oks(figures, people.has_oks(skeleton)),
    ]


def _about_joints(ours, theirs, common):
    if ours == theirs:
        return []
    return [
        f"the model's skeleton is {ours.name}, the data's {theirs.name}: "
        f"judged on the {len(common.joints)} joints that both name, which need "
        "not mean quite the same place"
    ]


def _about_stage(stage):
    box = (
        f"boxes of {stage['sigma']:g} torso diameters"
        if stage["sigma"]
        else "the first box"
    )
    if stage.get("step_size", 1.0) != 1.0:
        box += f", {stage['step_size']:g} of the way"
    return (
        f"stage {stage['stage']}: {stage['network']} with head "
        f"{stage['head']} at {stage['image_size']} pixels, {box}"
    )


def _about_oks(figures, wanted):
    if "oks_ap" in figures:
        return [
            "OKS average precision: COCO's, by faster-coco-eval, on persons "
            "with joints; predictions of all models rank by the mean score of "
            "the last stage's joints; interval from random halves of the images"
        ]
    if wanted:
        return [
            "OKS average precision is left out: install faster-coco-eval, or "
            "the extra [coco]"
        ]
    return []
