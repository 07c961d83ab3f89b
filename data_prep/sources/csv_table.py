"""Reads people of any skeleton from a CSV file with a row a person.

Columns: `image` (a path, relative to the file's folder), NAME_x and NAME_y of
each joint (empty or NaN where unlabeled); optional: NAME_visible (0 or 1),
box_x, box_y, box_w, box_h (x, y of the box's upper left corner), and `split`
(train or test, the same for all people of an image).
"""

import csv
import dataclasses
import functools
import io
import pathlib

import numpy as np
from absl import logging

from data_prep.sources import annotations
from data_prep.sources import picture_names
from data_prep.sources.annotations import Annotation
from deeppose_tf import errors
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.storage import annotation_values
from deeppose_tf.storage import files

_BOX = ("box_x", "box_y", "box_w", "box_h")
# What pandas, R and databases write for a cell without a value.
_MISSING = {"", "nan", "na", "n/a", "null", "none"}
# The first line by which a spreadsheet is told the separator.
_SEPARATOR = "sep="


def read(
    source: str,
    skeleton: Skeleton,
    first_center: float,
    allow_outside: bool = False,
) -> annotations.Source:
    """All persons of a CSV file, in order.

    Args:
        source: the file.
        skeleton: of the joints in its columns.
        first_center: coordinate of the first pixel's center; see
            `annotations.pixels`.
        allow_outside: whether pictures may lie outside the file's folder.

    Raises:
        InputError: the file is missing, lacks a column or holds no number.
    """
    path = pathlib.Path(source)
    people, lines, skipped = [], [], annotations.Skips()
    try:
        rows = _rows(files.read_text(path))
        _check_columns(path, rows.fieldnames or [], skeleton)
        for row in rows:
            if not any(row.values()):  # A line of commas.
                continue
            image, inside = picture_names.resolve(path.parent, row["image"])
            reason = picture_names.fault(image, inside, allow_outside)
            if reason:
                skipped.add(reason, f"{path}, line {rows.line_num}")
                continue
            lines.append(rows.line_num)
            people.append(
                _annotation(
                    path, rows.line_num, row, image, skeleton, first_center
                )
            )
    except errors.InputError:
        raise
    except (OSError, ValueError, csv.Error) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise errors.InputError(
            f"--source={source}: not a readable CSV file ({why}); name one "
            "whose first line holds the columns"
        ) from error
    return annotations.Source(
        _with_split_of_image(path, people, lines), skipped
    )


def _rows(text):
    """A reader of the rows, whose columns are named without blanks."""
    lines, separator = io.StringIO(text, newline=""), ","
    if text.startswith(_SEPARATOR):
        separator = lines.readline().strip("\r\n")[len(_SEPARATOR) :] or ","
    rows = csv.DictReader(lines, delimiter=separator)
    rows.fieldnames = [name.strip() for name in rows.fieldnames or []]
    return rows


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


def _with_split_of_image(path, people, lines):
    """People with the split of their image; a row may leave it empty.

    Otherwise a person without a split could be in another one than the other
    people of the image.

    Raises:
        InputError: rows of one image differ in their split.
    """
    splits = {}
    for number, person in zip(lines, people, strict=True):
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


def _annotation(path, number, row, image, skeleton, first_center):
    if None in row or None in row.values():
        raise errors.InputError(
            f"{path}, line {number}: has another number of fields than the "
            "first line; separate them by commas, decimals by points"
        )
    value = functools.partial(_value, path, number, row)
    points = np.array(
        [[value(f"{j}_x"), value(f"{j}_y")] for j in skeleton.joints]
    )
    visible = np.array(
        [_visible(path, number, row, f"{j}_visible") for j in skeleton.joints]
    )
    joints, labeled = annotations.pixels(
        points, np.ones(len(points), bool), first_center
    )
    x, y, w, h = (value(column) for column in _BOX)
    shift = 0.5 - first_center
    # What float32 cannot hold is infinite then; encoding.py leaves it out.
    with np.errstate(over="ignore"):
        box = np.array([x + w / 2 + shift, y + h / 2 + shift, w, h], np.float32)
    return Annotation(
        image_path=path.parent / image,
        image_id=image,
        person_id=f"{image}#{number}",
        joints=joints,
        labeled=labeled,
        visible=labeled & ~(visible == 0),
        official=_split(path, number, row),
        box=None if np.isnan(box).any() else box,
    )


def _value(path, number, row, column):
    """A number of a row; NaN where it is empty or the column is missing."""
    text = (row.get(column) or "").strip()
    if text.lower() in _MISSING:
        return np.nan
    value = annotation_values.number(text)
    if value is None:
        raise errors.InputError(
            f"{path}, line {number}: {column} is {text!r:.80}, want a number, "
            "or nothing where it is unknown"
        )
    return value


def _visible(path, number, row, column):
    """0 or 1, NaN where it is unknown."""
    value = _value(path, number, row, column)
    if value not in (0, 1) and not np.isnan(value):
        raise errors.InputError(
            f"{path}, line {number}: {column} is {value:g}, want 0 or 1. "
            "COCO's 0 is not labeled: leave x and y empty; its 1 is 0 here, "
            "its 2 is 1"
        )
    return value


def _split(path, number, row):
    split = (row.get("split") or "").strip() or None
    if split not in (None, "train", "test"):
        raise errors.InputError(
            f"{path}, line {number}: split is {split!r}, want train, test or "
            "nothing"
        )
    return split
