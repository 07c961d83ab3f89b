"""report.html: one page that explains itself and needs no network."""

import importlib.resources
import pathlib

import jinja2
import numpy as np

from deeppose_tf.evaluation import stage_predictions
from deeppose_tf.geometry import skeletons
from deeppose_tf.geometry import torso
from deeppose_tf.reports import published
from deeppose_tf.reports import tables
from deeppose_tf.reports.evaluation import Evaluation
from deeppose_tf.reports.reliability import Reliability
from deeppose_tf.storage import files
from deeppose_tf.visualization import displacement_charts
from deeppose_tf.visualization import galleries
from deeppose_tf.visualization import inline_images


def write(
    path: pathlib.Path,
    evaluation: Evaluation,
    protocol: list[str],
    reliability: Reliability | None,
    curves: pathlib.Path,
):
    """Writes the page.

    Args:
        path: of the page.
        evaluation: what the page is about.
        protocol: of `protocol.sentences`.
        reliability: of `reliability.measure`.
        curves: picture of the PDJ curves, PNG.
    """
    predictions = evaluation.predictions
    speed = len(predictions.joints) / predictions.seconds
    text = _template().render(
        title=f"DeepPose on {evaluation.data.path}, {evaluation.split}",
        about=_about(evaluation),
        protocol=protocol,
        warnings=evaluation.warnings,
        speed=f"{speed:.1f}",
        curves=inline_images.of_png(curves.read_bytes()),
        reliability=reliability,
        reliability_rows=reliability and reliability.rows(),
        **_metrics(evaluation),
        **_differences(evaluation),
        **_last_stage(evaluation),
    )
    files.save_text(path, text)


def _template():
    page = (
        importlib.resources.files("deeppose_tf.reports") / "report.html.jinja"
    )
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(page.read_text())


def _about(evaluation):
    """What was evaluated, when and how; what is unknown is left out."""
    about = {
        "model": str(evaluation.model.path),
        "exported by commit": evaluation.model.metadata.get("commit"),
        "evaluated": evaluation.date,
        "command": evaluation.command,
    }
    return {name: value for name, value in about.items() if value}


def _metrics(evaluation):
    """Tables of metrics, a column a model."""
    results = evaluation.results
    is_lsp = evaluation.skeleton == skeletons.LSP
    reported = published.DEEPPOSE_ON_LSP if is_lsp else {}
    strict = tables.beside(
        tables.interval_rows(results, "pcp_strict"), reported
    )
    return {
        "summary_rows": tables.short_rows(results),
        "joint_rows": tables.interval_rows(results, "pdj@0.2"),
        "limb_tables": {
            "strict (both ends within half the limb)": strict,
            "relaxed (the mean of both ends)": tables.interval_rows(
                results, "pcp_relaxed"
            ),
        },
        "reported": bool(reported),
        "further_rows": tables.rest_rows(results),
    }


def _differences(evaluation):
    """Tables of paired differences: between stages, and to the baseline."""
    compared = evaluation.compared
    return {
        "gains": [
            tables.difference_rows(rows, stage, "the stage before")
            for stage, rows in evaluation.gains.items()
        ],
        "compared": compared,
        "compared_rows": compared
        and tables.difference_rows(compared["rows"], "this model", "baseline"),
    }


def _last_stage(evaluation):
    """Pictures and displacements of the last stage's predictions."""
    skeleton = evaluation.skeleton
    predictions = evaluation.predictions.last_stage()
    pictures = galleries.draw(
        galleries.choose(predictions, skeleton),
        predictions,
        evaluation.data,
        skeleton,
        evaluation.split,
    )
    measured = stage_predictions.measure(predictions, skeleton.torsos[:1])
    return {
        "displacements": inline_images.of_figure(
            _displacements(predictions, skeleton)
        ),
        "displacement_rows": tables.displacement_rows(
            measured, skeleton.joints
        ),
        "pictures": {
            title: inline_images.of_photos(figure)
            for title, figure in pictures.items()
        },
    }


def _displacements(predictions, skeleton):
    pixels = predictions.in_pixels()
    diameters = torso.diameter(
        pixels.truth, pixels.labeled, skeleton.torsos[:1]
    ).numpy()
    safe = np.where(diameters > 0, diameters, 1.0)[:, None, None]
    counted = pixels.labeled & (diameters > 0)[:, None]
    return displacement_charts.displacements(
        (pixels.joints - pixels.truth) / safe, counted, skeleton
    )
