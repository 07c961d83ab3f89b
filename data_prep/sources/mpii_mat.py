"""Reads MPII's official MAT file, which has nested structs.

scipy gives a struct array of one element as a struct and an empty field as an
empty array; fields that no element has are missing. People without joints are
left out and counted.
"""

import pathlib
from collections.abc import Iterator

import numpy as np

from data_prep.sources import annotations
from data_prep.sources import mat_files
from deeppose_tf import errors

_K = 16
# What the release itself leaves open.
_EXPECTED = {"no labeled joint", "no scale or position"}
_LAYOUT = "a folder with MPII's MAT file and images/"


def read(
    path: pathlib.Path, skipped: annotations.Skips
) -> Iterator[tuple[str, dict]]:
    """The persons of the training images, in the form of the JSON lists.

    Args:
        path: of the file.
        skipped: counts, by reason, the people that are left out.

    Yields:
        Who it is, for messages, and a dict with image, joints [16, 2],
        joints_vis [16], labeled [16], center [2], scale, head_box [4] or None,
        pixels counted from 1.

    Raises:
        InputError: the file is broken or of another kind.
    """
    release = mat_files.load(
        path, "RELEASE", _LAYOUT, struct_as_record=False, squeeze_me=True
    )
    try:
        train = np.ravel(np.asarray(release.img_train, bool))
        images = np.ravel(release.annolist)
    except (AttributeError, TypeError, ValueError):
        train, images = np.zeros(0), np.zeros(0)
    if not len(images) or len(images) != len(train):
        raise errors.InputError(
            f"{path}: not MPII's RELEASE, with as many annolist as img_train; "
            "copy it again"
        )
    for number, (image, is_train) in enumerate(
        zip(images, train, strict=True), start=1
    ):
        for person in _items(image, "annorect"):
            if is_train:
                yield from _read(
                    f"{path}, image {number}", image, person, skipped
                )
            else:
                skipped["test image: joints are secret"] += 1


def _read(who, image, person, skipped):
    """Yields a person, if it can be used."""
    try:
        reason = _unusable(person)
        found = None if reason else _person(image, person)
    # A field is missing, or of another kind or shape.
    except (AttributeError, TypeError, ValueError, IndexError):
        reason = "not a person as in MPII's RELEASE"
    if reason in _EXPECTED:
        skipped[reason] += 1
    elif reason:
        skipped.add(reason, who)
    else:
        yield who, found


def _items(struct, field):
    """The structs of a field: none, one or many."""
    values = np.atleast_1d(getattr(struct, field, np.array([])))
    return [value for value in values if hasattr(value, "_fieldnames")]


def _number(struct, field):
    """A number of a struct; None where it is missing or empty."""
    value = np.ravel(getattr(struct, field, np.array([])))
    return float(value[0]) if value.size == 1 else None


def _unusable(person):
    """The reason why a person is left out, or None."""
    points = _points(person)
    if not points:
        return "no labeled joint"
    if any(_number(point, "id") not in range(_K) for point in points):
        return "a joint of no known id"
    positions = _items(person, "objpos")
    if len(positions) > 1:
        return "several positions"
    center = [_number(p, axis) for p in positions for axis in "xy"]
    if not center or None in [*center, _number(person, "scale")]:
        return "no scale or position"
    return None


def _points(person):
    return [
        point
        for points in _items(person, "annopoints")
        for point in _items(points, "point")
    ]


def _person(image, person):
    joints, visible, labeled = np.zeros((_K, 2)), [0] * _K, [False] * _K
    for point in _points(person):
        i = int(_number(point, "id"))
        # NaN where a coordinate is missing: then the joint is not labeled.
        place = [_number(point, axis) for axis in "xy"]
        joints[i] = np.nan if None in place else place
        # Joints of the head have no is_visible; they count as visible.
        flag = _number(point, "is_visible")
        if flag not in (None, 0, 1):
            raise ValueError("is_visible")
        visible[i], labeled[i] = int(flag is None or flag > 0), True
    (position,) = _items(person, "objpos")
    head = [_number(person, name) for name in ("x1", "y1", "x2", "y2")]
    return {
        "image": getattr(image.image, "name", None),
        "joints": joints,
        "joints_vis": visible,
        "labeled": labeled,
        "center": [_number(position, "x"), _number(position, "y")],
        "scale": _number(person, "scale"),
        "head_box": None if None in head else head,
    }
