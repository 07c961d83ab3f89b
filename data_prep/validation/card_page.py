"""The card of a data set as a web page, with histograms and sample pictures."""

import importlib.resources
import pathlib

import jinja2
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from data_prep.validation.card import Card
from deeppose_tf.data import parsing
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import crops
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.storage import files
from deeppose_tf.visualization import inline_images
from deeppose_tf.visualization import pose_colors
from deeppose_tf.visualization import pose_drawing

_COLUMNS = 4
_VIEW = 1.15  # Side of the view, in sides of the square around the box.
_NAME = 32  # Letters of a name that fit above a picture.


def write(card: Card, path: pathlib.Path):
    """Writes one file, which holds its pictures and loads nothing."""
    page = importlib.resources.files("data_prep.validation") / "card.html.jinja"
    template = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined
    ).from_string(page.read_text())
    path.parent.mkdir(parents=True, exist_ok=True)
    text = template.render(
        card=card,
        histograms=inline_images.of_figure(_histograms(card)),
        samples=inline_images.of_figure(_samples(card))
        if card.samples
        else None,
        colors=pose_colors.COLORS,
        have_sides=pose_colors.have_sides(card.skeleton),
    )
    files.save_text(path, text)


def _histograms(card):
    figure = Figure(figsize=(12, 3), layout="constrained")
    grid = figure.subplots(1, max(1, len(card.sizes)), squeeze=False)[0]
    for axes, (name, values) in zip(grid, card.sizes.items(), strict=False):
        axes.hist(values, bins=40)
        axes.set_title(f"{name}, pixels", fontsize=9)
    return figure


def _samples(card):
    rows = -(-len(card.samples) // _COLUMNS)
    figure = Figure(figsize=(3 * _COLUMNS, 3.2 * rows), layout="tight")
    grid = list(figure.subplots(rows, _COLUMNS, squeeze=False).flat)
    for axes in grid:
        axes.set_axis_off()
    for axes, (split, record) in zip(grid, card.samples, strict=False):
        person = parsing.decode(record, len(card.skeleton.joints))
        draw_person(axes, person, card.skeleton)
        name = pathlib.PurePath(person["person_id"].numpy().decode()).name
        # A name with $ is no formula.
        title = f"{split}: {name[-_NAME:]}"
        axes.set_title(title, fontsize=9, parse_math=False)
    return figure


def draw_person(axes, person: dict, skeleton: Skeleton):
    """Draws a person's pose and box; the view is fitted to the box.

    Args:
        axes: of matplotlib.
        person: a record, of `parsing.decode`.
        skeleton: of the record.
    """
    box = person["box"].numpy()
    joints = boxes.denormalize(person["joints"], box).numpy()
    joints[~person["labeled"].numpy()] = np.nan
    pose_drawing.picture(axes, crops.decode(person["image"]).numpy())
    pose_drawing.poses(axes, joints[None], skeleton)
    corner = box[:2] - box[2:] / 2
    axes.add_patch(
        Rectangle(corner, *box[2:], fill=False, color="#39d353", linewidth=1.6)
    )
    half = box[2:].max() / 2 * _VIEW
    axes.set_xlim(box[0] - half, box[0] + half)
    axes.set_ylim(box[1] + half, box[1] - half)
