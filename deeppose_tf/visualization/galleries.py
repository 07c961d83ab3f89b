"""Pictures of the best, the median and the worst people of a split."""

import dataclasses

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from deeppose_tf.data import parsing
from deeppose_tf.data.dataset import Dataset
from deeppose_tf.evaluation.stage_predictions import StagePredictions
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import crops
from deeppose_tf.geometry import torso
from deeppose_tf.geometry import windows
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.visualization import pose_drawing

_EACH = 6  # People of a figure.
_REACH = 1.2  # Side of the shown region, in sides of the box.
_PIXELS = 190  # Approximate side of a picture on the page.


@dataclasses.dataclass(frozen=True)
class Gallery:
    """Rows of `StagePredictions` to show, and the error of every person.

    Attributes:
        rows: by title, e.g. "best".
        errors: float [n], mean error in torso diameters.
    """

    rows: dict[str, list[int]]
    errors: np.ndarray


def choose(predictions: StagePredictions, skeleton) -> Gallery:
    """Best, median and worst people by mean error in diameters.

    Only persons with a torso and at least half of their joints labeled.
    """
    pixels, labeled = predictions.in_pixels(), predictions.labeled
    diameters = torso.diameter(
        pixels.truth, labeled, skeleton.torsos[:1]
    ).numpy()
    usable = (diameters > 0) & (labeled.mean(axis=1) >= 0.5)
    total = np.where(labeled, pixels.distances(), 0.0).sum(axis=1)
    count = np.maximum(labeled.sum(axis=1), 1)
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
    predictions: StagePredictions,
    data: Dataset,
    skeleton: Skeleton,
    split: str,
) -> dict[str, Figure]:
    """A figure for each title: people side by side, truth dashed.

    Images are read from the records again, so that only these few are in
    memory.
    """
    wanted = {i for rows in gallery.rows.values() for i in rows}
    serialized = tf.data.TFRecordDataset(list(data.split(split).files))
    people = {
        i: parsing.decode(person, len(data.skeleton.joints))
        for i, person in enumerate(serialized)
        if i in wanted
    }
    return {
        title: _figure(rows, gallery.errors, people, predictions, skeleton)
        for title, rows in gallery.rows.items()
    }


def _figure(rows, errors, people, predictions, skeleton):
    """People side by side on one pair of axes, as axes are slow to draw."""
    figure = Figure(figsize=(2.1 * _EACH, 2.5))
    axes = figure.add_axes((0.005, 0.01, 0.99, 0.9))
    axes.set_xlim(-0.5, _EACH - 0.5)
    axes.set_ylim(0.5, -0.6)
    axes.set_aspect("equal")
    axes.set_axis_off()
    for place, i in enumerate(rows):
        _person(axes, place, i, people[i], predictions, skeleton)
        axes.text(
            place, -0.52, f"off by {errors[i]:.2f}", fontsize=8, ha="center"
        )
    return figure


def _person(axes, place, i, person, predictions, skeleton):
    """Draws a person into the unit square about (place, 0)."""
    window, origin, factor = windows.window(
        crops.decode(person["image"]), person["box"]
    )
    box = windows.box_into_window(person["box"], origin, factor).numpy()
    side = _REACH * box[2:].max()
    low = np.maximum(np.floor(box[:2] - side / 2), 0).astype(int)
    high = np.ceil(box[:2] + side / 2).astype(int)
    image = window.numpy()[low[1] : high[1], low[0] : high[0]]
    step = max(1, round(max(image.shape) / _PIXELS))
    height, width = image.shape[:2]

    def placed(points):
        return (points - box[:2]) / side * 0.98 + [place, 0.0]

    left, top = placed(low)
    right, bottom = placed(low + [width, height])
    drawn = set(axes.get_children())
    axes.imshow(image[::step, ::step], extent=(left, right, bottom, top))
    truth = placed(boxes.denormalize(predictions.truth[i], box))
    truth = np.where(predictions.labeled[i][:, None], truth, np.nan)
    pose_drawing.truth(axes, truth, skeleton)
    joints = placed(boxes.denormalize(predictions.joints[i], box))
    pose_drawing.poses(axes, joints[None], skeleton)
    # Joints far outside must not be drawn over the next picture.
    cell = Rectangle((place - 0.5, -0.5), 1, 1, transform=axes.transData)
    for artist in set(axes.get_children()) - drawn:
        artist.set_clip_path(cell)
