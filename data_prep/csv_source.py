"""Reads one's own people: a CSV file with a row a person.

Columns: `image` (a path, from the file's folder), NAME_x and NAME_y of each
joint (empty where unlabeled), perhaps NAME_visible (0 or 1), perhaps box_x,
box_y, box_w, box_h (from the box's upper left corner), perhaps `split` (train
or test).
"""

import csv
import pathlib

import numpy as np

from data_prep import annotations
from data_prep.annotations import Annotation
from deeppose_tf import errors
from deeppose_tf.skeletons import Skeleton

_BOX = ("box_x", "box_y", "box_w", "box_h")


def read(
    source: str, skeleton: Skeleton, first_center: float
) -> annotations.Source:
    """All persons of a CSV file, in order.

    Args:
        source: the file.
        skeleton: whose joints its columns name.
        first_center: coordinate of the first pixel's center; see
            `annotations.pixels`.

    Raises:
        InputError: the file is missing, lacks a column or holds no number.
    """
    path = pathlib.Path(source)
    try:
        # A byte order mark, as spreadsheets write it, is no part of a name.
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
    return annotations.Source(people)


def _check_columns(path, columns, skeleton):
    wanted = [f"{j}_{axis}" for j in skeleton.joints for axis in "xy"]
    missing = [name for name in ("image", *wanted) if name not in columns]
    if missing:
        raise errors.InputError(
            f"{path}: lacks the column(s) {', '.join(missing)} for the joints "
            f"of skeleton {skeleton.name}"
        )


def _annotation(path, number, row, skeleton, first_center):
    if None in row or None in row.values():
        raise errors.InputError(
            f"{path}, line {number}: has another number of fields than the "
            "first line; separate them by commas, decimals by points"
        )

    def value(column):
        text = (row.get(column) or "").strip()
        try:
            found = float(text or "nan")
        except ValueError:
            found = np.inf
        if text and not np.isfinite(found):
            raise errors.InputError(
                f"{path}, line {number}: {column} is {text!r}, want a number, "
                "or nothing where it is not known"
            )
        return found

    points = np.array(
        [[value(f"{j}_x"), value(f"{j}_y")] for j in skeleton.joints]
    )
    seen = np.array([value(f"{j}_visible") for j in skeleton.joints])
    joints, labeled = annotations.pixels(
        points, np.ones(len(points), bool), first_center
    )
    x, y, w, h = (value(column) for column in _BOX)
    moved = 0.5 - first_center
    box = np.array([x + w / 2 + moved, y + h / 2 + moved, w, h], np.float32)
    return Annotation(
        image_path=path.parent / row["image"],
        image_id=row["image"],
        person_id=f"{row['image']}#{number}",
        joints=joints,
        labeled=labeled,
        visible=labeled & ~(seen == 0),
        official=_split(path, number, row),
        box=box if np.isfinite(box).all() else None,
    )


def _split(path, number, row):
    split = (row.get("split") or "").strip() or None
    if split not in (None, "train", "test"):
        raise errors.InputError(
            f"{path}, line {number}: split is {split!r}, want train, test or "
            "nothing"
        )
    return split
