"""report.html: one page that explains itself and needs no network."""

import importlib.resources
import pathlib

import jinja2
import numpy as np

from deeppose_tf.data.dataset import Dataset
from deeppose_tf.evaluation import stage_predictions
from deeppose_tf.evaluation.cascade_predictions import Judged
from deeppose_tf.geometry import torso
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.reports import published
from deeppose_tf.reports import reliability
from deeppose_tf.reports import tables
from deeppose_tf.visualization import displacement_charts
from deeppose_tf.visualization import galleries
from deeppose_tf.visualization import inline_images


def write(
    path: pathlib.Path,
    *,
    results: dict[str, dict],
    judged: Judged,
    data: Dataset,
    skeleton: Skeleton,
    split: str,
    protocol: list[str],
    curves: pathlib.Path,
    sure: reliability.Reliability | None,
    gains: dict[str, dict],
    warnings: list[str],
    compared: dict | None,
):
    """Writes the page.

    Args:
        path: of the page.
        results: by model name, `scores.score`'s result with intervals.
        judged: what they were made of.
        data: the data set.
        skeleton: of the joints that are judged.
        split: its split.
        protocol: sentences: what was judged, on whom, and how.
        curves: picture of the PDJ curves, PNG.
        sure: whether scores hold; None where that cannot be told.
        gains: of `comparison.gains`.
        warnings: what must not be overlooked, in sentences.
        compared: of `comparison.compare`, with the names of both sides.
    """
    page = (
        importlib.resources.files("deeppose_tf.reports") / "report.html.jinja"
    )
    template = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined
    ).from_string(page.read_text())
    found = judged.last_stage()
    pictures = galleries.draw(
        galleries.choose(found, skeleton), found, data, skeleton, split
    )
    measured = stage_predictions.measure(found, skeleton.torsos[:1])
    lsp = skeleton.name == "lsp"
    reported = published.DEEPPOSE_ON_LSP if lsp else {}
    text = template.render(
        title=f"DeepPose on {data.path}, {split}",
        protocol=protocol,
        warnings=warnings,
        gains={
            stage: tables.difference_rows(rows, stage, "the stage before")
            for stage, rows in gains.items()
        },
        short=tables.short_rows(results),
        joints=tables.interval_rows(results, "pdj@0.2"),
        limbs={
            "strict (both ends within half the limb)": tables.beside(
                tables.interval_rows(results, "pcp_strict"), reported
            ),
            "relaxed (the mean of both ends)": tables.interval_rows(
                results, "pcp_relaxed"
            ),
        },
        reported=bool(reported),
        rest=tables.rest_rows(results),
        curves=inline_images.of_png(curves.read_bytes()),
        displacements=inline_images.of_figure(_displacements(found, skeleton)),
        displacement_rows=tables.displacement_rows(measured, skeleton.joints),
        pictures={
            name: inline_images.of_figure(fig) for name, fig in pictures.items()
        },
        sure=sure,
        sure_rows=sure and reliability.rows(sure),
        speed=f"{len(judged.joints) / judged.seconds:.1f}",
        compared=compared,
        compared_rows=compared
        and tables.difference_rows(compared["rows"], "this", "other"),
    )
    path.write_text(text)


def _displacements(found, skeleton):
    joints, truth = found.pixels()
    diameters = torso.diameter(
        truth, found.labeled, skeleton.torsos[:1]
    ).numpy()
    safe = np.where(diameters > 0, diameters, 1.0)[:, None, None]
    counted = found.labeled & (diameters > 0)[:, None]
    return displacement_charts.displacements(
        (joints - truth) / safe, counted, skeleton
    )
