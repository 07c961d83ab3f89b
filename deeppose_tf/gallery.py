"""People to look at: the best, the median and the worst of a split."""

import dataclasses

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from deeppose_tf import boxes
from deeppose_tf import crops
from deeppose_tf import drawing
from deeppose_tf import persons
from deeppose_tf.dataset import Dataset
from deeppose_tf.predictions import Predictions
from deeppose_tf.skeletons import Skeleton

_EACH = 6


@dataclasses.dataclass(frozen=True)
class Gallery:
    """Which persons, by row of a `Predictions`, and how far off each is.

    Attributes:
        rows: by title, e.g. "best".
        errors: float [n], mean error in torso diameters.
    """

    rows: dict[str, list[int]]
    errors: np.ndarray


def choose(found: Predictions, skeleton) -> Gallery:
    """Best, median and worst by mean error in diameters.

    Only persons with a torso and at least half of their joints labeled.
    """
    joints, truth = found.pixels()
    diameters = boxes.diameter(
        truth, found.labeled, skeleton.torsos[:1]
    ).numpy()
    usable = diameters > 0
    usable &= found.labeled.mean(axis=1) >= 0.5
    distance = np.linalg.norm(joints - truth, axis=-1)
    total = np.where(found.labeled, distance, 0.0).sum(axis=1)
    count = np.maximum(found.labeled.sum(axis=1), 1)
    errors = total / count / np.where(usable, diameters, 1.0)
    order = [int(i) for i in np.argsort(errors) if usable[i]]
    middle = max(0, (len(order) - _EACH) // 2)
    rows = {
        "best": order[:_EACH],
        "median": order[middle : middle + _EACH],
        "worst": order[::-1][:_EACH],
    }
    return Gallery(rows, errors)


def draw(
    gallery: Gallery,
    found: Predictions,
    data: Dataset,
    skeleton: Skeleton,
    split: str,
) -> dict[str, Figure]:
    """One figure a title: the persons side by side, truth dashed.

    Pictures are read again out of the records: only these few are kept.
    """
    wanted = sorted({i for rows in gallery.rows.values() for i in rows})
    chosen = (
        persons.undecoded(data, split)
        .enumerate()
        .filter(lambda i, _: tf.reduce_any(i == tf.constant(wanted, tf.int64)))
    )
    people = {int(i): person for i, person in chosen}
    return {
        title: _figure(rows, gallery.errors, people, found, skeleton)
        for title, rows in gallery.rows.items()
    }


def _figure(rows, errors, people, found, skeleton):
    figure = Figure(figsize=(2.1 * _EACH, 2.5))
    figure.subplots_adjust(0.005, 0.01, 0.995, 0.9, wspace=0.03)
    grid = figure.subplots(1, _EACH, squeeze=False)[0]
    for axes in grid:
        axes.set_axis_off()
    for axes, i in zip(grid, rows, strict=False):
        picture = crops.decode(people[i]["image"])
        image, origin, factor = crops.window(picture, people[i]["box"])
        box = crops.box_into_window(people[i]["box"], origin, factor).numpy()
        truth = boxes.denormalize(found.truth[i], box)
        truth = np.where(found.labeled[i][:, None], truth, np.nan)
        drawing.picture(axes, image.numpy())
        drawing.truth(axes, truth, skeleton)
        joints = boxes.denormalize(found.joints[i], box)
        drawing.poses(axes, joints[None], skeleton)
        _zoom(axes, box)
        axes.set_title(f"off by {errors[i]:.2f}", fontsize=8)
    return figure


def _zoom(axes, box):
    center_x, center_y, width, height = box
    axes.set_xlim(center_x - 0.6 * width, center_x + 0.6 * width)
    axes.set_ylim(center_y + 0.6 * height, center_y - 0.6 * height)
