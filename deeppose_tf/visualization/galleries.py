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
_NAME = 40  # Characters of a person's id that have room.
_REACH = 1.2  # Side of the shown region, in sides of the box.
_COLUMNS = 3
_ROW = 1.12  # Height of a row with its captions, in sides of a picture.
_SIDE = 4.2  # Of a picture, inches.
_PIXELS = 380  # Approximate side of a picture on the page.


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
    """People in a grid on one pair of axes, as axes are slow to draw."""
    count = max(1, -(-len(rows) // _COLUMNS))
    figure = Figure(figsize=(_SIDE * _COLUMNS, _SIDE * _ROW * count))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(-0.5, _COLUMNS - 0.5)
    axes.set_ylim(_ROW * count - 0.5, -0.5)
    axes.set_axis_off()
    for place, i in enumerate(rows):
        row, column = divmod(place, _COLUMNS)
        center = np.array([column, row * _ROW + _ROW - 1])
        _person(axes, center, i, people[i], predictions, skeleton)
        name = predictions.person_ids[i].decode()
        axes.text(
            *(center - [0, 0.53]),
            f"{name[-_NAME:]}   off by {errors[i]:.2f}",
            fontsize=11,
            ha="center",
            parse_math=False,  # A $ of a file's name is no formula.
        )
    return figure


def _person(axes, center, i, person, predictions, skeleton):
    """Draws a person into the unit square about a point of the axes."""
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
        return (points - box[:2]) / side * 0.98 + center

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
    cell = Rectangle(center - 0.5, 1, 1, transform=axes.transData)
    for artist in set(axes.get_children()) - drawn:
        artist.set_clip_path(cell)
