"""What an evaluation leaves: metrics.json, report.html, pdj.png, persons."""

import dataclasses
import pathlib

from deeppose_tf import files
from deeppose_tf.data.dataset import Dataset
from deeppose_tf.evaluation import cascade_predictions
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.reports import protocol
from deeppose_tf.reports import reliability
from deeppose_tf.reports import report_page
from deeppose_tf.serving import saved_models
from deeppose_tf.visualization import pdj_curves


def write(
    folder: pathlib.Path,
    *,
    model: saved_models.Loaded,
    data: Dataset,
    skeleton: Skeleton,
    split: str,
    people: cascade_predictions.Judged,
    results: dict[str, dict],
    gains: dict[str, dict],
    warnings: list[str],
    compared: dict | None,
):
    """Writes all files of a report.

    Args:
        folder: for them, made if missing.
        model: the exported cascade.
        data: the data set.
        skeleton: of the joints that are judged.
        split: its split.
        people: what the model says of them.
        results: of `Judged.results`.
        gains: of `comparison.gains`.
        warnings: what must not be overlooked, in sentences.
        compared: of `comparison.compare`, with the names of both sides.
    """
    folder.mkdir(parents=True, exist_ok=True)
    words = protocol.sentences(model, data, skeleton, split, people, results)
    sure = reliability.measure(people, skeleton)
    values = {
        "protocol": {
            "model": str(model.path),
            "data": data.path,
            "split": split,
            "box": data.box,
            "words": words,
        },
        "results": results,
        "reliability": sure and dataclasses.asdict(sure),
        "comparison": compared,
        "warnings": warnings,
    }
    files.save(folder / "metrics.json", values)
    cascade_predictions.save(people, folder)
    curves = pdj_curves.pdj_curves(people.curves(skeleton), words[0])
    curves.savefig(folder / "pdj.png", dpi=100)
    report_page.write(
        folder / "report.html",
        results=results,
        judged=people,
        data=data,
        skeleton=skeleton,
        split=split,
        protocol=words,
        curves=folder / "pdj.png",
        sure=sure,
        gains=gains,
        warnings=warnings,
        compared=compared,
    )
