"""Reads people of any skeleton from a CSV file with a row a person.

Columns: `image` (a path, relative to the file's folder), NAME_x and NAME_y of
each joint (empty where unlabeled); optional: NAME_visible (0 or 1), box_x,
box_y, box_w, box_h (x, y of the box's upper left corner), and `split` (train or
test, the same for all people of an image).
"""

import csv
import dataclasses
import functools
import os
import pathlib

import numpy as np
from absl import logging

from data_prep.sources import annotations
from data_prep.sources.annotations import Annotation
from deeppose_tf import errors
from deeppose_tf.geometry.skeletons import Skeleton

_BOX = ("box_x", "box_y", "box_w", "box_h")


def read(
    source: str, skeleton: Skeleton, first_center: float
) -> annotations.Source:
    """All persons of a CSV file, in order.

    Args:
        source: the file.
        skeleton: of the joints in its columns.
        first_center: coordinate of the first pixel's center; see
            `annotations.pixels`.

    Raises:
        InputError: the file is missing, lacks a column or holds no number.
    """
    path = pathlib.Path(source)
    try:
        # utf-8-sig skips the byte order mark that spreadsheets write.
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            _check_columns(path, rows.fieldnames or [], skeleton)
            people = [
                _annotation(path, number, row, skeleton, first_center)
                for number, row in enumerate(rows, start=2)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise errors.InputError(
            f"--source={source}: not a readable CSV file ({error}); name one "
            "whose first line holds the columns"
        ) from error
    return annotations.Source(_with_split_of_image(path, people))


def _check_columns(path, columns, skeleton):
    wanted = [f"{j}_{axis}" for j in skeleton.joints for axis in "xy"]
    missing = [name for name in ("image", *wanted) if name not in columns]
    known = {"image", "split", *_BOX, *wanted}
    known |= {f"{joint}_visible" for joint in skeleton.joints}
    unknown = [repr(name) for name in columns if name not in known]
    extra = f"the unknown column(s) {', '.join(unknown)}" if unknown else ""
    if missing:
        raise errors.InputError(
            f"{path}: lacks the column(s) {', '.join(missing)} for the joints "
            f"of skeleton {skeleton.name}"
            + (f"; has {extra}; separate columns by commas" * bool(extra))
        )
    if len(set(columns)) < len(columns):
        raise errors.InputError(f"{path}: names a column twice: {columns}")
    if unknown:
        logging.warning("%s: ignores %s", path, extra)


def _with_split_of_image(path, people):
    """People with the split of their image; a row may leave it empty.

    Otherwise a person without a split could be in another one than the other
    people of the image.

    Raises:
        InputError: rows of one image differ in their split.
    """
    splits = {}
    for number, person in enumerate(people, start=2):
        split = person.official
        first, line = splits.setdefault(person.image_id, (split, number))
        if first is None:
            splits[person.image_id] = split, number
        elif split not in (None, first):
            raise errors.InputError(
                f"{path}, line {number}: split of {person.image_id} is "
                f"{split!r}, but {first!r} in line {line}; people of one image "
                "belong to one split"
            )
    return [
        dataclasses.replace(person, official=splits[person.image_id][0])
        for person in people
    ]


def _annotation(path, number, row, skeleton, first_center):
    if None in row or None in row.values():
        raise errors.InputError(
            f"{path}, line {number}: has another number of fields than the "
            "first line; separate them by commas, decimals by points"
        )
    value = functools.partial(_value, path, number, row)
    points = np.array(
        [[value(f"{j}_x"), value(f"{j}_y")] for j in skeleton.joints]
    )
    visible = np.array([value(f"{j}_visible") for j in skeleton.joints])
    joints, labeled = annotations.pixels(
        points, np.ones(len(points), bool), first_center
    )
    x, y, w, h = (value(column) for column in _BOX)
    shift = 0.5 - first_center
    image = _image(path, row)
    box = np.array([x + w / 2 + shift, y + h / 2 + shift, w, h], np.float32)
    return Annotation(
        image_path=path.parent / image,
        image_id=image,
        person_id=f"{image}#{number}",
        joints=joints,
        labeled=labeled,
        visible=labeled & ~(visible == 0),
        official=_split(path, number, row),
        box=box if np.isfinite(box).all() else None,
    )


def _value(path, number, row, column):
    """A number of a row; NaN where it is empty or the column is missing."""
    text = (row.get(column) or "").strip()
    try:
        value = float(text or "nan")
    except ValueError:
        value = np.inf
    if text and not np.isfinite(value):
        raise errors.InputError(
            f"{path}, line {number}: {column} is {text!r}, want a number, or "
            "nothing where it is unknown"
        )
    return value


def _image(path, row):
    """The image's path relative to the file's folder, normalized.

    It is the image's id, and ./a.jpg must be in the same split as a.jpg.
    """
    folder = os.path.abspath(path.parent)
    image = os.path.join(folder, row["image"].strip())
    return pathlib.Path(os.path.relpath(image, folder)).as_posix()


def _split(path, number, row):
    split = (row.get("split") or "").strip() or None
    if split not in (None, "train", "test"):
        raise errors.InputError(
            f"{path}, line {number}: split is {split!r}, want train, test or "
            "nothing"
        )
    return split
