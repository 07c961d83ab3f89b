"""The files of a report, beside report.html: numbers and the PDJ curves."""

import dataclasses
import pathlib

from deeppose_tf.evaluation import cascade_predictions
from deeppose_tf.evaluation import results
from deeppose_tf.reports import protocol
from deeppose_tf.reports import reliability
from deeppose_tf.reports import report_files
from deeppose_tf.reports import report_page
from deeppose_tf.reports.evaluation import Evaluation
from deeppose_tf.storage import files
from deeppose_tf.storage import json_files
from deeppose_tf.visualization import pdj_curves


def write(evaluation: Evaluation, folder: pathlib.Path):
    """Writes all files of a report; makes the folder if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    sentences = protocol.sentences(evaluation)
    calibration = reliability.measure(
        evaluation.predictions, evaluation.skeleton
    )
    # A file format: its keys keep their names.
    values = {
        "protocol": {
            "model": str(evaluation.model.path),
            "commit": evaluation.model.metadata.get("commit"),
            "command": evaluation.command,
            "date": evaluation.date,
            "data": evaluation.data.path,
            "split": evaluation.split,
            "box": evaluation.data.box,
            "box_errors": dataclasses.asdict(evaluation.box_errors),
            "words": sentences,
        },
        "results": evaluation.results,
        "reliability": calibration and dataclasses.asdict(calibration),
        "comparison": evaluation.compared,
        "warnings": evaluation.warnings,
    }
    json_files.save(folder / report_files.METRICS, values)
    table = results.table(evaluation.results, "model")
    files.save_text(folder / report_files.TABLE, table)
    cascade_predictions.save(evaluation.predictions, folder)
    curves = evaluation.predictions.curves(evaluation.skeleton)
    chart = folder / report_files.CHART
    with files.atomic(chart) as temporary:
        pdj_curves.draw(curves, sentences[0]).savefig(temporary, dpi=100)
    report_page.write(
        folder / report_files.PAGE, evaluation, sentences, calibration, chart
    )
