"""Displacements, a panel for each joint (matplotlib, without a display)."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from deeppose_tf.data.displacements import Displacements
from deeppose_tf.geometry.skeletons import Skeleton

_COLUMNS = 7
_ELLIPSE_POINTS = 60
# Of all dots of a panel, and of one, square points (1/72 inch).
_DOTS, _DOT_AREAS = 3000.0, (4.0, 25.0)


def displacements(
    errors: np.ndarray, counted: np.ndarray, skeleton: Skeleton
) -> Figure:
    """Predictions relative to the truth, a panel for each joint.

    Args:
        errors: float [people, joints, 2], prediction minus truth, diameters.
        counted: bool [people, joints].
        skeleton: of the joints.
    """
    panels = Panels(skeleton.joints, reach=1.5)
    for i, name in enumerate(skeleton.joints):
        points = errors[counted[:, i], i]
        panels.title(i, name)
        panels.dots(i, points)
        if len(points) > 2:
            panels.line(i, _ellipse(points.mean(0), np.cov(points.T), 2))
    panels.caption("prediction minus truth, torso diameters")
    return panels.figure


def refinement_boxes(
    measured: Displacements, sigma: float, skeleton: Skeleton
) -> Figure:
    """The truth relative to a stage's predictions, and the next stage's box.

    Args:
        measured: displacements of the stage before.
        sigma: side of the boxes that are cut around its predictions.
        skeleton: of the joints.
    """
    panels = Panels(skeleton.joints, reach=max(1.5, 0.6 * sigma))
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])
    shares = measured.containment.get(sigma)
    for i, name in enumerate(skeleton.joints):
        share = "" if shares is None else f": {shares[i]:.0%}"
        panels.title(i, name + share)
        for deviations in (1, 2):
            around = _ellipse(
                -measured.mean[i], measured.covariance[i], deviations
            )
            panels.line(i, around)
        panels.line(i, sigma / 2 * corners, color="black", linewidth=1)
    panels.caption(
        "truth minus prediction of the stage before, torso diameters: 1 and 2 "
        f"standard deviations.\nSquare: the crop's box, sigma {sigma:g}"
        + ("" if shares is None else ", and the share of the truth in it")
    )
    return panels.figure


class Panels:
    """Square panels for joints, from -reach to reach on both axes, y down.

    All panels share one pair of axes, because matplotlib's `subplots`, with a
    pair for each, is four times slower: it takes 1.1 s for the 14 joints of 992
    people, this class 0.26 s (one core of an AMD EPYC).
    """

    def __init__(self, joints: tuple[str, ...], reach: float):
        """Draws empty panels.

        Args:
            joints: names.
            reach: half the side of a panel, in torso diameters.
        """
        rows = -(-len(joints) // _COLUMNS)
        self._reach = reach
        step = np.array([2.1, 2.35]) * reach
        places = [(i % _COLUMNS, i // _COLUMNS) for i in range(len(joints))]
        self.middles = np.array(places) * step
        width, height = 1.7 * _COLUMNS, 1.9 * rows + 0.6
        self.figure = Figure(figsize=(width, height))
        self.axes = self.figure.add_axes(
            (0.02, 0.55 / height, 0.97, 1 - 0.6 / height)
        )
        self.axes.set_xlim(
            -1.3 * reach, step[0] * (_COLUMNS - 1) + 1.05 * reach
        )
        self.axes.set_ylim(step[1] * (rows - 1) + 1.3 * reach, -1.3 * reach)
        self.axes.set_aspect("equal")
        self.axes.set_axis_off()
        self._frames()
        self._ticks(places, rows)

    def _frames(self):
        corners = [[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]
        for shape, color in (
            (corners, "black"),
            ([[-1, 0], [1, 0]], "grey"),
            ([[0, -1], [0, 1]], "grey"),
        ):
            lines = self.middles[:, None] + self._reach * np.array(shape)
            style = {"color": color, "linewidth": 0.5, "zorder": 1}
            self.axes.add_collection(LineCollection(lines, **style))

    def _ticks(self, places, rows):
        """Integers below the lowest row and left of the first column."""
        integers = np.arange(-np.floor(self._reach), np.floor(self._reach) + 1)
        style = {"fontsize": 7, "color": "dimgrey"}
        for (column, row), (x, y) in zip(places, self.middles, strict=True):
            low, left = y + 1.06 * self._reach, x - 1.06 * self._reach
            for tick in integers[:: max(1, len(integers) // 3)]:
                if row == rows - 1:
                    self._text(x + tick, low, f"{tick:g}", va="top", **style)
                if column == 0:
                    self._text(left, y + tick, f"{tick:g}", ha="right", **style)

    def _text(self, x, y, text, ha="center", va="center", **style):
        # A joint with $ in its name is no formula.
        style = {"ha": ha, "va": va, "parse_math": False, **style}
        self.axes.text(x, y, text, **style)

    def title(self, i: int, text: str):
        """Writes a title above panel i."""
        x, y = self.middles[i] - [0, 1.05 * self._reach]
        self._text(x, y, text.replace("_", " "), va="bottom", fontsize=8)

    def dots(self, i: int, points: np.ndarray):
        """Draws points [n, 2] into panel i, without those outside it."""
        shown = points[(np.abs(points) <= self._reach).all(axis=1)]
        x, y = (shown + self.middles[i]).T
        # Fewer points are larger: few are seen too, and many are a cloud.
        area = np.clip(_DOTS / max(1, len(shown)), *_DOT_AREAS)
        self.axes.scatter(x, y, s=area, alpha=0.4, linewidths=0, color="C0")

    def line(self, i: int, points: np.ndarray, color="C1", **style):
        """Draws a line through points [n, 2] of panel i, clipped to it."""
        corner = self.middles[i] - self._reach
        size = 2 * self._reach
        clip = Rectangle(corner, size, size, transform=self.axes.transData)
        x, y = (points + self.middles[i]).T
        (line,) = self.axes.plot(x, y, color=color, **style)
        line.set_clip_path(clip)

    def caption(self, text: str):
        """Writes below all panels what their axes are."""
        self.figure.supxlabel(text, fontsize=9)


def _ellipse(mean, covariance, deviations):
    """An ellipse of the normal distribution of crops (DeepPose, sec. 3.2)."""
    angle = np.linspace(0, 2 * np.pi, _ELLIPSE_POINTS)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    # The covariance of a joint that hardly varies may be singular.
    factor = np.linalg.cholesky(covariance + 1e-9 * np.eye(2))
    return (mean[:, None] + deviations * factor @ circle).T
