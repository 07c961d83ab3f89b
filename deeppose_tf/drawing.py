"""Skeletons on pictures, PDJ curves (matplotlib, without a display)."""

import pathlib

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from deeppose_tf.skeletons import Skeleton

# Left in warm, right in cold, the middle in between; told apart by the
# color-blind too.
_COLORS = {"left": "#ff9f1c", "right": "#2ec4f1", "": "#f4f4f4"}


def pose(axes, image: np.ndarray, joints: np.ndarray, skeleton: Skeleton):
    """Draws a picture and one or more poses on it.

    Args:
        axes: matplotlib's.
        image: uint8 [height, width, 3].
        joints: float [people, joints, 2], pixels.
        skeleton: of the joints.
    """
    height, width = image.shape[:2]
    axes.imshow(image, extent=(0, width, height, 0))
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
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_axis_off()


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
    pose(figure.add_axes((0, 0, 1, 1)), image, joints, skeleton)
    figure.savefig(path)


def pdj_curves(path: pathlib.Path, results: dict[str, dict], title: str):
    """Writes the PDJ curve picture: the mean, and each kind of joint.

    Args:
        path: of the PNG.
        results: by model name, `scores.score`'s result.
        title: protocol, in words.
    """
    first = next(iter(results.values()))["pdj"]
    joints = [name for name in next(iter(first.values())) if name != "mean"]
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
    figure.savefig(path, dpi=120)


def _curves_of(axes, panel, results):
    palette = matplotlib.color_sequences["tab10"]
    for (name, result), color in zip(results.items(), palette, strict=False):
        thresholds = [0.0, *(float(t) for t in result["pdj"])]
        values = [0.0]
        for row in result["pdj"].values():
            values.append(
                np.mean(
                    [v for joint, v in row.items() if _is_kind(joint, panel)]
                )
            )
        style = "--" if name == "mean pose" else "-"
        axes.plot(
            thresholds, 100 * np.array(values), style, color=color, label=name
        )
    axes.set_title(panel.replace("_", " "), fontsize=9)
    axes.set_xlim(0, 0.5)
    axes.set_ylim(0, 100)
    axes.grid(alpha=0.3)


def _is_kind(joint, kind):
    return joint in (kind, f"left_{kind}", f"right_{kind}")
