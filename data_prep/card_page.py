"""The card of a data set as a page: histograms and sample pictures."""

import base64
import importlib.resources
import io
import pathlib

import jinja2
import numpy as np
from matplotlib.figure import Figure

from data_prep.card import Card
from deeppose_tf import boxes
from deeppose_tf import crops
from deeppose_tf import drawing
from deeppose_tf import parsing

_COLUMNS = 6


def write(card: Card, path: pathlib.Path):
    """Writes one page that needs no network."""
    page = importlib.resources.files("data_prep") / "card.html.jinja"
    template = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined
    ).from_string(page.read_text())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        template.render(
            card=card,
            histograms=_inline(_histograms(card)),
            samples=_inline(_samples(card)) if card.samples else None,
        )
    )


def _histograms(card):
    figure = Figure(figsize=(12, 3), layout="constrained")
    grid = figure.subplots(1, max(1, len(card.sizes)), squeeze=False)[0]
    for axes, (name, values) in zip(grid, card.sizes.items(), strict=False):
        axes.hist(values, bins=40)
        axes.set_title(f"{name}, pixels", fontsize=9)
    return figure


def _samples(card):
    rows = -(-len(card.samples) // _COLUMNS)
    figure = Figure(figsize=(2 * _COLUMNS, 2.2 * rows), layout="constrained")
    grid = list(figure.subplots(rows, _COLUMNS, squeeze=False).flat)
    for axes in grid:
        axes.set_axis_off()
    for axes, (split, record) in zip(grid, card.samples, strict=False):
        person = parsing.decode(record, len(card.skeleton.joints))
        joints = boxes.denormalize(person["joints"], person["box"]).numpy()
        joints[~person["labeled"].numpy()] = np.nan
        drawing.picture(axes, crops.decode(person["image"]).numpy())
        drawing.poses(axes, joints[None], card.skeleton)
        axes.set_title(split, fontsize=8)
    return figure


def _inline(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=90)
    encoded = base64.b64encode(buffer.getvalue()).decode()
    return f"data:image/png;base64,{encoded}"
