"""Reads the JSON lists that others made of MPII's MAT file.

A dict a person: image, joints, joints_vis, center, scale. Lists repeat people.
"""

import hashlib
import json
import pathlib
from collections.abc import Iterator

import numpy as np

from data_prep.sources import annotations
from data_prep.sources import picture_names
from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.storage import annotation_values
from deeppose_tf.storage import json_files

_K = len(skeletons.MPII.joints)
_FIELDS = ("image", "joints", "joints_vis", "center", "scale")
_UNLABELED = "no labeled joint"
_HINT = "want a JSON list of MPII's persons"


def read(
    folder: pathlib.Path, skipped: annotations.Skips
) -> Iterator[tuple[str, dict]]:
    """The persons of all lists of a folder, each once; see `mpii_mat.read`."""
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise errors.InputError(
            f"--source={folder}: holds neither MPII's MAT file nor a JSON list "
            "of persons, as MPII comes"
        )
    seen = set()
    for path in paths:
        for number, person in enumerate(load(path), start=1):
            who = f"{path}, person {number}"
            # trainval.json repeats the people of train.json; those of
            # test.json have no joints.
            reason = _unusable(person)
            key = None if reason else _digest(person)
            if reason == _UNLABELED:
                skipped[reason] += 1
            elif reason:
                skipped.add(reason, who)
            elif key in seen:
                skipped["listed before"] += 1
            else:
                seen.add(key)
                yield who, _sound(person)


def _digest(person):
    text = json.dumps([person.get(field) for field in _FIELDS])
    return hashlib.sha256(text.encode()).digest()


def load(path: pathlib.Path) -> list:
    """A list; InputError where the file holds none."""
    people = json_files.load(path, _HINT)
    if not isinstance(people, list):
        raise errors.InputError(f"{path}: no list; {_HINT}")
    return people


def _unusable(person):
    """The reason why a person of a list is left out, or None."""
    if not isinstance(person, dict):
        return "no object"
    if person.get("joints") is None:
        return _UNLABELED
    if not isinstance(person.get("image"), str):
        return picture_names.NO_NAME
    if _points(person["joints"]) is None:
        return f"joints are not MPII's {_K} x 2 numbers"
    visible = annotation_values.vector(person.get("joints_vis"), _K)
    if visible is None:
        return f"joints_vis are not {_K} numbers"
    if not np.isin(visible, (0, 1)).all():
        return "joints_vis are not 0 or 1"
    if annotation_values.vector(person.get("center"), 2) is None:
        return "center is not two numbers"
    if annotation_values.number(person.get("scale")) is None:
        return "scale is no number"
    return None


def _points(joints):
    """float32 [16, 2], NaN where a number is missing; or None."""
    if not isinstance(joints, list) or len(joints) != _K:
        return None
    points = [annotation_values.vector(point, 2) for point in joints]
    return None if any(p is None for p in points) else np.array(points)


def _sound(person):
    """A person of `_unusable`, in the form of mpii_mat.read."""
    visible = annotation_values.vector(person["joints_vis"]) > 0
    return {
        "image": person.get("image"),
        "joints": _points(person["joints"]),
        "joints_vis": visible,
        # A joint that is not visible is not annotated either.
        "labeled": visible,
        "center": annotation_values.vector(person["center"]).astype(float),
        "scale": annotation_values.number(person["scale"]),
        "head_box": None,
    }
