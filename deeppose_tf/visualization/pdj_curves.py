"""PDJ curves (matplotlib, without a display)."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from deeppose_tf.evaluation import results


def draw(curves: dict[str, dict], title: str) -> Figure:
    """A panel for the mean over joints and one for each kind of joint.

    Args:
        curves: by model name, of `results.pdj_curve`.
        title: of the figure, e.g. the protocol.
    """
    joints = [name for name in next(iter(curves.values())) if name != "mean"]
    kinds = dict.fromkeys(name.removeprefix("left_") for name in joints)
    kinds = [k.removeprefix("right_") for k in kinds]
    panels = ["mean", *dict.fromkeys(kinds)]
    # As few empty panels as possible: 5 columns for LSP and COCO, 4 for FLIC.
    columns = min((4, 5), key=lambda columns: -len(panels) % columns)
    rows = -(-len(panels) // columns)
    figure = _figure(3 * columns, 2.6 * rows + 0.6)
    grid = figure.subplots(
        rows, columns, sharex=True, sharey=True, squeeze=False
    )
    for axes, panel in zip(grid.flat, panels, strict=False):
        _curves_of(axes, panel, curves)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    figure.suptitle(title, fontsize=10, parse_math=False)
    figure.supxlabel("distance to the truth, in torso diameters", fontsize=9)
    figure.supylabel("detected joints, %", x=0.004, fontsize=9)
    for text in grid.flat[0].legend(loc="upper left", fontsize=7).get_texts():
        text.set_parse_math(False)
    return figure


def _figure(width, height):
    """A figure with room for labels; sizes in inches.

    Matplotlib's own layouts would draw everything twice to find that room.
    """
    figure = Figure(figsize=(width, height))
    figure.subplots_adjust(
        left=0.65 / width,
        right=1 - 0.15 / width,
        bottom=0.65 / height,
        top=1 - 0.7 / height,
        wspace=0.12,
        hspace=0.3,
    )
    return figure


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
        axes.plot(results.CURVE, percent, style, color=color, label=name)
    # Names with $ are no formulas.
    axes.set_title(panel.replace("_", " "), fontsize=9, parse_math=False)
    axes.set_xlim(0, 0.5)
    axes.set_ylim(0, 100)
    axes.grid(alpha=0.3)
    axes.tick_params(labelbottom=True)
