"""Skeletons on pictures, PDJ curves (matplotlib, without a display)."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from deeppose_tf import metrics
from deeppose_tf.skeletons import Skeleton

# Left in warm, right in cold, the middle in between; told apart by the
# color-blind too.
_COLORS = {"left": "#ff9f1c", "right": "#2ec4f1", "": "#f4f4f4"}


def picture(axes, image: np.ndarray):
    """Shows uint8 [height, width, 3] so that axes count continuous pixels."""
    height, width = image.shape[:2]
    axes.imshow(image, extent=(0, width, height, 0))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_axis_off()


def truth(axes, joints: np.ndarray, skeleton: Skeleton):
    """Draws a true pose as thin white dashes.

    Args:
        axes: matplotlib's.
        joints: float [joints, 2], pixels; NaN where unlabeled.
        skeleton: of the joints.
    """
    for a, b in skeleton.limb_indices:
        axes.plot(*joints[[a, b]].T, color="black", linewidth=2, alpha=0.5)
        axes.plot(*joints[[a, b]].T, color="white", linewidth=1, dashes=(2, 1))


def poses(axes, joints: np.ndarray, skeleton: Skeleton):
    """Draws one or more poses, left warm and right cold.

    Args:
        axes: matplotlib's.
        joints: float [people, joints, 2], pixels.
        skeleton: of the joints.
    """
    for person in joints:
        for kind, a, b in skeleton.limbs:
            ends = person[[skeleton.index(a), skeleton.index(b)]]
            side = _side(b) if kind != "head" else ""
            axes.plot(*ends.T, color="black", linewidth=3.4, alpha=0.6)
            axes.plot(*ends.T, color=_COLORS[side], linewidth=2)
        colors = [_COLORS[_side(joint)] for joint in skeleton.joints]
        axes.scatter(
            *person.T,
            s=14,
            c=colors,
            edgecolors="black",
            linewidths=0.6,
            zorder=3,
        )


def _side(joint):
    side = joint.partition("_")[0]
    return side if side in _COLORS else ""


def save_pose(path, image, joints, skeleton: Skeleton):
    """Writes a picture with poses on it, about as large as the picture."""
    height, width = image.shape[:2]
    scale = max(1.0, 480 / max(height, width))
    figure = Figure(
        figsize=(scale * width / 100, scale * height / 100), dpi=100
    )
    axes = figure.add_axes((0, 0, 1, 1))
    picture(axes, image)
    poses(axes, joints, skeleton)
    figure.savefig(path)


def pdj_curves(results: dict[str, dict], title: str) -> Figure:
    """The PDJ curves: of the mean, and of each kind of joint.

    Args:
        results: by model name, `scores.score`'s result.
        title: protocol, in words.
    """
    first = next(iter(results.values()))["figures"]
    joints = [
        key.partition("/")[2] for key in first if key.startswith("pdj@0.5/")
    ]
    kinds = dict.fromkeys(name.removeprefix("left_") for name in joints)
    kinds = [k.removeprefix("right_") for k in kinds]
    panels = ["mean", *dict.fromkeys(kinds)]
    columns = min(4, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(
        figsize=(3 * columns, 2.6 * rows + 0.6), layout="constrained"
    )
    grid = figure.subplots(
        rows, columns, sharex=True, sharey=True, squeeze=False
    )
    for axes, panel in zip(grid.flat, panels, strict=False):
        _curves_of(axes, panel, results)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    figure.suptitle(title, fontsize=10)
    figure.supxlabel("distance to the truth, in torso diameters", fontsize=9)
    figure.supylabel("detected joints, %", fontsize=9)
    grid.flat[0].legend(loc="upper left", fontsize=7)
    return figure


def displacements(
    errors: np.ndarray, counted: np.ndarray, skeleton: Skeleton
) -> Figure:
    """Where predictions lie about the truth, a panel a kind of joint.

    Args:
        errors: float [people, joints, 2], prediction minus truth, diameters.
        counted: bool [people, joints].
        skeleton: of the joints.
    """
    columns = 7
    rows = -(-len(skeleton.joints) // columns)
    figure = Figure(figsize=(1.7 * columns, 1.9 * rows), layout="constrained")
    grid = figure.subplots(
        rows, columns, sharex=True, sharey=True, squeeze=False
    )
    for i, (axes, name) in enumerate(
        zip(grid.flat, skeleton.joints, strict=False)
    ):
        points = errors[counted[:, i], i]
        axes.scatter(*points.T, s=2, alpha=0.3, linewidths=0)
        axes.axhline(0, color="grey", linewidth=0.5)
        axes.axvline(0, color="grey", linewidth=0.5)
        if len(points) > 2:
            _ellipse(axes, points)
        axes.set_title(name.replace("_", " "), fontsize=8)
        axes.set_xlim(-1.5, 1.5)
        axes.set_ylim(1.5, -1.5)
        axes.set_aspect("equal")
    for axes in grid.flat[len(skeleton.joints) :]:
        axes.set_visible(False)
    figure.supxlabel("prediction minus truth, torso diameters", fontsize=9)
    return figure


def _ellipse(axes, points):
    """Two standard deviations of the normal that crops are drawn from."""
    angle = np.linspace(0, 2 * np.pi, 60)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    factor = np.linalg.cholesky(np.cov(points.T) + 1e-9 * np.eye(2))
    axes.plot(*(points.mean(0)[:, None] + 2 * factor @ circle), color="C1")


def _curves_of(axes, panel, results):
    palette = matplotlib.color_sequences["tab10"]
    for (name, result), color in zip(results.items(), palette, strict=False):
        thresholds = [0.0, *metrics.THRESHOLDS]
        values = [0.0, *(_of_kind(result, t, panel) for t in thresholds[1:])]
        style = "--" if name == "mean pose" else "-"
        axes.plot(
            thresholds, 100 * np.array(values), style, color=color, label=name
        )
    axes.set_title(panel.replace("_", " "), fontsize=9)
    axes.set_xlim(0, 0.5)
    axes.set_ylim(0, 100)
    axes.grid(alpha=0.3)


def _of_kind(result, threshold, kind):
    figures, pdj = result["figures"], f"pdj@{threshold:g}"
    if kind == "mean":
        return figures[pdj]
    names = (f"{pdj}/{side}{kind}" for side in ("", "left_", "right_"))
    return np.mean([figures[name] for name in names if name in figures])
