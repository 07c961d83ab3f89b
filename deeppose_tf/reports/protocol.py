"""The protocol of an evaluation, in sentences for the reader of a report."""

from deeppose_tf.evaluation import cascade_predictions
from deeppose_tf.reports.evaluation import Evaluation

_BOXES = {
    "image": "the whole image",
    "joints": "around the true joints",
    "annotated": "the data set's own",
}


def sentences(evaluation: Evaluation) -> list[str]:
    """Model, data, boxes and metrics in sentences."""
    metrics = evaluation.results[cascade_predictions.MEAN_POSE]
    return [
        _about_people(evaluation, metrics),
        f"model: {evaluation.model.path}",
        *_about_joints(evaluation),
        *map(_about_stage, evaluation.model.metadata["stages"]),
        *_about_metrics(metrics, evaluation.skeleton),
        *_about_oks(evaluation, metrics["figures"]),
    ]


def _about_people(evaluation, metrics):
    counted = metrics["persons"] - metrics["persons_without_torso"]
    data, box = evaluation.data, evaluation.data.box
    shape = "square" if box["square"] else "not square"
    return (
        f"PDJ on {counted} {evaluation.split} persons of {data.name} "
        f"({data.path}); box: {_BOXES[box['kind']]} x {box['scale']:g}, {shape}"
        f"{evaluation.box_errors}"
    )


def _about_joints(evaluation):
    model, data = evaluation.model.skeleton, evaluation.data.skeleton
    if model == data:
        return []
    return [
        f"the model's skeleton is {model.name}, the data's {data.name}: "
        f"evaluated on the {len(evaluation.skeleton.joints)} joints that both "
        "name; the same name may stand for slightly different places"
    ]


def _about_stage(stage):
    box = (
        f"boxes of {stage['sigma']:g} torso diameters"
        if stage["sigma"]
        else "the first box"
    )
    if stage.get("step_size", 1.0) != 1.0:
        box += f", step size {stage['step_size']:g}"
    return (
        f"stage {stage['stage']}: {stage['network']} with head "
        f"{stage['head']} at {stage['image_size']} pixels, {box}"
    )


def _about_metrics(metrics, skeleton):
    begin, end = map(_in_words, skeleton.torso)
    corners = {skeleton.joints[i]: None for i in skeleton.torso_corners}
    has_heads = "pckh@0.5" in metrics["figures"]
    return [
        f"{metrics['persons_without_torso']} of {metrics['persons']} persons "
        "are left out of PDJ, of its area, of errors in diameters and of the "
        f"swap rate: their {begin} or {end} is unlabeled",
        "PDJ: the share of joints closer to the truth than a fraction of the "
        f"true torso diameter ({begin} to {end})",
        "PCP at 0.5: strict needs both ends of a limb within half its length, "
        "relaxed the mean of both distances; means over 4 limb kinds, over 6 "
        "with torso and head, and over 10 parts; torso: its two sides, "
        "shoulder to hip; limbs count if both ends are labeled",
        "PCK at 0.2 of the longer side of the box around "
        f"{', '.join(map(_in_words, corners))}, "
        "on persons with all of them labeled"
        + ("; PCKh at 0.5 of the head size" if has_heads else ""),
        "left and right exchanged: share of persons whose PDJ@0.2 rises when "
        "the prediction's left and right change places",
        "mean pose: the mean of the labeled training joints, the same "
        "prediction for everybody",
    ]


def _in_words(joint):
    return joint.replace("_", " ")


def _about_oks(evaluation, metrics):
    if "oks_ap" in metrics:
        return [
            "OKS average precision: COCO's, by faster-coco-eval, on persons "
            "with joints; predictions of all models are ranked by the last "
            "stage's mean confidence score; interval from random halves of the "
            "images"
        ]
    if evaluation.predictions.has_oks(evaluation.skeleton):
        return [
            "OKS average precision is left out: install faster-coco-eval, or "
            "the extra [coco]"
        ]
    return []
