"""Skeletons on pictures (matplotlib, without a display)."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.visualization import pose_colors

_COLUMNS = 8  # Of a sheet of crops.


def picture(axes, image: np.ndarray):
    """Shows uint8 [height, width, 3]; axes are then in continuous pixels."""
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
    ends = joints[np.array(skeleton.limb_indices)]
    _lines(axes, ends, color="black", linewidth=2, alpha=0.5)
    _lines(axes, ends, color="white", linewidth=1, linestyle=(0, (2, 1)))


def poses(axes, joints: np.ndarray, skeleton: Skeleton):
    """Draws one or more poses in the colors of `pose_colors`.

    Args:
        axes: matplotlib's.
        joints: float [people, joints, 2], pixels.
        skeleton: of the joints.
    """
    limbs = pose_colors.of_limbs(skeleton)
    dots = pose_colors.of_joints(skeleton)
    for person in joints:
        ends = person[np.array(skeleton.limb_indices)]
        _lines(axes, ends, color="black", linewidth=3.4, alpha=0.6)
        _lines(axes, ends, color=limbs, linewidth=2)
        axes.scatter(
            person[:, 0],
            person[:, 1],
            s=14,
            c=dots,
            edgecolors="black",
            linewidths=0.6,
            zorder=3,
        )


def _lines(axes, ends, **style):
    """Draws [lines, 2, 2] as one artist, which is faster than a plot each."""
    lines = LineCollection(ends, zorder=2, **style)
    axes.add_collection(lines, autolim=False)


def crop_sheet(
    crops: np.ndarray,
    joints: np.ndarray,
    labeled: np.ndarray,
    outputs: tuple[int, ...],
    skeleton: Skeleton,
) -> Figure:
    """Training crops side by side, each with its target joints.

    Args:
        crops: float [n, size, size, 3], values in [0, 255].
        joints: float [n, outputs, 2], in units of the crop's box.
        labeled: bool [n, outputs], which joints are targets.
        outputs: indices of the joints that the network predicts.
        skeleton: of the joints.
    """
    rows = -(-len(crops) // _COLUMNS)
    figure = Figure(figsize=(1.5 * _COLUMNS, 1.5 * rows), layout="tight")
    figure.get_layout_engine().set(pad=0.2, w_pad=0.2, h_pad=0.2)
    grid = figure.subplots(rows, _COLUMNS, squeeze=False)
    size = crops.shape[1]
    for axes in grid.flat:
        axes.set_axis_off()
    for i, axes in enumerate(grid.flat[: len(crops)]):
        pose = np.full((len(skeleton.joints), 2), np.nan)
        pose[list(outputs)] = np.where(
            labeled[i][:, None], (joints[i] + 0.5) * size, np.nan
        )
        picture(axes, crops[i].astype(np.uint8))
        poses(axes, pose[None], skeleton)
    return figure
