"""The card of a data set as a page: histograms and sample pictures."""

import importlib.resources
import pathlib

import jinja2
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from data_prep.validation.card import Card
from deeppose_tf import files
from deeppose_tf.data import parsing
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import crops
from deeppose_tf.visualization import inline_images
from deeppose_tf.visualization import pose_drawing

_COLUMNS = 4
_REACH = 1.15  # Of the box, that is shown.
_NAME = 32  # Letters of a name that fit above a picture.


def write(card: Card, path: pathlib.Path):
    """Writes one page that needs no network."""
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
        colors=pose_drawing.COLORS,
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
        _person(axes, person, card.skeleton)
        name = pathlib.PurePath(person["person_id"].numpy().decode()).name
        axes.set_title(f"{split}: {name[-_NAME:]}", fontsize=9)
    return figure


def _person(axes, person, skeleton):
    """Draws a person and b0, about as large as there is room for."""
    box = person["box"].numpy()
    joints = boxes.denormalize(person["joints"], box).numpy()
    joints[~person["labeled"].numpy()] = np.nan
    pose_drawing.picture(axes, crops.decode(person["image"]).numpy())
    pose_drawing.poses(axes, joints[None], skeleton)
    corner = box[:2] - box[2:] / 2
    axes.add_patch(
        Rectangle(corner, *box[2:], fill=False, color="#39d353", linewidth=1.6)
    )
    reach = box[2:].max() / 2 * _REACH
    axes.set_xlim(box[0] - reach, box[0] + reach)
    axes.set_ylim(box[1] + reach, box[1] - reach)
