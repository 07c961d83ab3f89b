"""Charts: PDJ curves, displacements (matplotlib, without a display)."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from deeppose_tf import scores
from deeppose_tf.displacements import Displacements
from deeppose_tf.skeletons import Skeleton


def pdj_curves(curves: dict[str, dict], title: str) -> Figure:
    """The PDJ curves: of the mean, and of each kind of joint.

    Args:
        curves: by model name, of `scores.pdj_curve`.
        title: protocol, in words.
    """
    joints = [name for name in next(iter(curves.values())) if name != "mean"]
    kinds = dict.fromkeys(name.removeprefix("left_") for name in joints)
    kinds = [k.removeprefix("right_") for k in kinds]
    panels = ["mean", *dict.fromkeys(kinds)]
    # Few holes: 5 columns for LSP and COCO, 4 for FLIC.
    columns = min((4, 5), key=lambda columns: -len(panels) % columns)
    rows = -(-len(panels) // columns)
    figure = _figure(3 * columns, 2.6 * rows + 0.6, top=0.7, hspace=0.3)
    grid = figure.subplots(
        rows, columns, sharex=True, sharey=True, squeeze=False
    )
    for axes, panel in zip(grid.flat, panels, strict=False):
        _curves_of(axes, panel, curves)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    figure.suptitle(title, fontsize=10)
    figure.supxlabel("distance to the truth, in torso diameters", fontsize=9)
    figure.supylabel("detected joints, %", x=0.004, fontsize=9)
    grid.flat[0].legend(loc="upper left", fontsize=7)
    return figure


def displacements(
    errors: np.ndarray, counted: np.ndarray, skeleton: Skeleton
) -> Figure:
    """Where predictions lie about the truth, a panel a joint.

    Args:
        errors: float [people, joints, 2], prediction minus truth, diameters.
        counted: bool [people, joints].
        skeleton: of the joints.
    """
    figure, panels = _panels(skeleton, reach=1.5)
    for i, axes in enumerate(panels):
        points = errors[counted[:, i], i]
        axes.scatter(*points.T, s=2, alpha=0.3, linewidths=0)
        if len(points) > 2:
            _ellipse(axes, points.mean(0), np.cov(points.T), 2)
    figure.supxlabel("prediction minus truth, torso diameters", fontsize=9)
    return figure


def refinement_boxes(
    found: Displacements, sigma: float, skeleton: Skeleton
) -> Figure:
    """Where the truth lies about a stage's predictions, and the next box.

    Args:
        found: displacements of the stage before.
        sigma: side of the boxes that are cut around its predictions.
        skeleton: of the joints.
    """
    figure, panels = _panels(skeleton, reach=max(1.5, 0.6 * sigma))
    half = sigma / 2
    for i, axes in enumerate(panels):
        for deviations in (1, 2):
            _ellipse(axes, -found.mean[i], found.covariance[i], deviations)
        axes.plot(
            [-half, half, half, -half, -half],
            [-half, -half, half, half, -half],
            color="black",
            linewidth=1,
        )
        if sigma in found.containment:
            title = axes.get_title()
            axes.set_title(
                f"{title}: {found.containment[sigma][i]:.0%}", fontsize=8
            )
    figure.supxlabel(
        "truth minus prediction of the stage before, torso diameters: 1 and 2 "
        f"standard deviations.\nSquare: the crop's box, sigma {sigma:g}"
        + (
            ", and the share of the truth in it"
            if sigma in found.containment
            else ""
        ),
        fontsize=9,
    )
    return figure


def _figure(width, height, top, hspace):
    """A figure with room for labels, in inches.

    Matplotlib's own layouts draw everything once more to find that room.
    """
    figure = Figure(figsize=(width, height))
    figure.subplots_adjust(
        left=0.65 / width,
        right=1 - 0.15 / width,
        bottom=0.65 / height,
        top=1 - top / height,
        wspace=0.12,
        hspace=hspace,
    )
    return figure


def _panels(skeleton, reach):
    """A figure with a square panel a joint, centered on 0, y down."""
    columns = 7
    rows = -(-len(skeleton.joints) // columns)
    figure = _figure(1.7 * columns, 1.9 * rows + 0.5, top=0.3, hspace=0.2)
    grid = figure.subplots(
        rows, columns, sharex=True, sharey=True, squeeze=False
    )
    for axes, name in zip(grid.flat, skeleton.joints, strict=False):
        axes.axhline(0, color="grey", linewidth=0.5)
        axes.axvline(0, color="grey", linewidth=0.5)
        axes.set_title(name.replace("_", " "), fontsize=8)
        axes.set_xlim(-reach, reach)
        axes.set_ylim(reach, -reach)
        axes.set_aspect("equal")
    for axes in grid.flat[len(skeleton.joints) :]:
        axes.set_visible(False)
    return figure, grid.flat[: len(skeleton.joints)]


def _ellipse(axes, mean, covariance, deviations):
    """Of the normal that crops are drawn from (DeepPose, sec. 3.2)."""
    angle = np.linspace(0, 2 * np.pi, 60)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    # A joint that hardly varies may have a covariance that is singular.
    factor = np.linalg.cholesky(covariance + 1e-9 * np.eye(2))
    axes.plot(*(mean[:, None] + deviations * factor @ circle), color="C1")


def _curves_of(axes, panel, curves):
    palette = matplotlib.color_sequences["tab10"]
    for (name, curve), color in zip(curves.items(), palette, strict=False):
        sides = [
            curve[f"{side}{panel}"]
            for side in ("", "left_", "right_")
            if f"{side}{panel}" in curve
        ]
        style = "--" if name == "mean pose" else "-"
        percent = 100 * np.mean(sides, axis=0)
        axes.plot(scores.CURVE, percent, style, color=color, label=name)
    axes.set_title(panel.replace("_", " "), fontsize=9)
    axes.set_xlim(0, 0.5)
    axes.set_ylim(0, 100)
    axes.grid(alpha=0.3)
    axes.tick_params(labelbottom=True)
