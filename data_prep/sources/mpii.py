"""Reads MPII Human Pose (Andriluka et al., CVPR 2014) in both of its forms.

They are the official mpii_human_pose_v1_u12_1.mat, and JSON lists that others
made of it (a dict a person: image, joints, joints_vis, center, scale). Pictures
lie in images/ or beside the file. Pixels count from 1 as in MATLAB. Only the
official training people have joints: a list names the test images among them.
"""

import collections
import hashlib
import json
import os
import pathlib

import numpy as np
from absl import logging

from data_prep.sources import annotations
from data_prep.sources import mpii_mat
from data_prep.sources import numbers
from data_prep.sources import picture_names
from data_prep.sources.annotations import Annotation
from deeppose_tf import errors
from deeppose_tf import files
from deeppose_tf.geometry import skeletons

_K = len(skeletons.MPII.joints)
MAT = "mpii_human_pose_v1_u12_1.mat"
# MPII: a person is about scale x 200 pixels high.
_HEIGHT = 200.0
# MPII's own evaluation: head size is 0.6 of the head box's diagonal.
_HEAD = 0.6
_EXAMPLES = 5  # Unknown names in the warning.
_FIELDS = ("image", "joints", "joints_vis", "center", "scale")
_UNLABELED = "no labeled joint"
_HINT = "want a JSON list of MPII's persons"


def read(
    source: str, test_list: str | None = None, allow_outside: bool = False
) -> annotations.Source:
    """All persons with joints of a source folder.

    Args:
        source: folder with the MAT file or with JSON lists.
        test_list: text file with the name of a test image a line, or a JSON
            list of the test persons; all other people are for training.
        allow_outside: whether pictures may lie outside the source folder.

    Raises:
        InputError: a file is missing, broken or of another kind.
    """
    folder = pathlib.Path(source)
    test = None if test_list is None else _names(pathlib.Path(test_list))
    people, skipped = [], annotations.Skips()
    numbers_of = collections.Counter()
    for who, person in _persons(folder, skipped):
        name = picture_names.resolve(folder, person["image"])
        reason = picture_names.fault(*name, allow_outside)
        if reason:
            skipped.add(reason, who)
            continue
        numbers_of[name[0]] += 1
        number = numbers_of[name[0]]
        people.append(_annotation(folder, person, name[0], number, test))
    if test is not None:
        _check_names(test_list, test, numbers_of, folder)
    return annotations.Source(people, skipped)


def _persons(folder, skipped):
    """Yields (who, dict) one by one: annotations take less of the memory."""
    if (folder / MAT).exists():
        return mpii_mat.read(folder / MAT, skipped)
    return _read_lists(folder, skipped)


def _check_names(test_list, test, images, folder):
    """Warns of names without an image; InputError where all are."""
    unknown = sorted(test.difference(images))
    if len(unknown) == len(test):
        raise errors.InputError(
            f"--test_list={test_list}: names no picture of {folder}; want a "
            "file name a line, as 015601864.jpg"
        )
    if unknown:
        examples = ", ".join(unknown[:_EXAMPLES])
        logging.warning(
            "--test_list=%s: of %d names %d match no image with usable people: "
            "%s%s",
            test_list,
            len(test),
            len(unknown),
            examples,
            ", ..." * (len(unknown) > _EXAMPLES),
        )


def _read_lists(folder, skipped):
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise errors.InputError(
            f"--source={folder}: holds neither {MAT} nor a JSON list of "
            "persons, as MPII comes"
        )
    seen = set()
    for path in paths:
        for number, person in enumerate(_load_list(path), start=1):
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


def _load_list(path):
    people = files.load(path, _HINT)
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
    visible = numbers.vector(person.get("joints_vis"), _K)
    if visible is None:
        return f"joints_vis are not {_K} numbers"
    if not np.isin(visible, (0, 1)).all():
        return "joints_vis are not 0 or 1"
    if numbers.vector(person.get("center"), 2) is None:
        return "center is not two numbers"
    if numbers.number(person.get("scale")) is None:
        return "scale is no number"
    return None


def _points(joints):
    """float32 [16, 2], NaN where a number is missing; or None."""
    if not isinstance(joints, list) or len(joints) != _K:
        return None
    points = [numbers.vector(point, 2) for point in joints]
    return None if any(p is None for p in points) else np.array(points)


def _sound(person):
    """A person of `_unusable`, in the form of mpii_mat.read."""
    visible = numbers.vector(person["joints_vis"]) > 0
    return {
        "image": person.get("image"),
        "joints": _points(person["joints"]),
        "joints_vis": visible,
        # A joint that is not visible is not annotated either.
        "labeled": visible,
        "center": numbers.vector(person["center"]).astype(float),
        "scale": numbers.number(person["scale"]),
        "head_box": None,
    }


def _names(path):
    if not path.exists():
        raise errors.InputError(f"--test_list={path}: no such file")
    if path.suffix == ".json":
        names = [
            p.get("image") for p in _load_list(path) if isinstance(p, dict)
        ]
        return {name for name in names if isinstance(name, str)}
    try:
        lines = files.read_text(path).splitlines()
    except (OSError, ValueError) as error:
        raise errors.InputError(
            f"--test_list={path}: not a text file ({error}); want a file name "
            "a line, as 015601864.jpg, or a JSON list of persons"
        ) from error
    return {line.strip() for line in lines if line.strip()}


def _annotation(folder, person, name, number, test):
    joints, labeled = annotations.pixels(
        np.array(person["joints"], float),
        np.array(person["labeled"], bool),
        1.0,
    )
    visible = np.array(person["joints_vis"], bool)
    scale, head = person["scale"], person["head_box"]
    # MPII's center lies above the middle; in common use it is moved 15 pixels
    # down at scale 1.
    center = np.array(person["center"], float) + [0.0, 15.0 * scale] - 0.5
    path = folder / "images" / name
    # Not `path.exists()`, which raises an error for a name that is too long.
    beside = not os.path.exists(path)
    split = "test" if test is not None and name in test else "train"
    # What float32 cannot hold is infinite then; encoding.py leaves it out.
    with np.errstate(over="ignore"):
        box = np.array([*center, _HEIGHT * scale, _HEIGHT * scale], np.float32)
    return Annotation(
        image_path=folder / name if beside else path,
        image_id=f"mpii/{name}",
        person_id=f"mpii/{name}#{number}",
        joints=joints,
        labeled=labeled,
        visible=labeled & visible,
        official=None if test is None else split,
        box=box,
        head_size=0.0 if head is None else _HEAD * _diagonal(head),
    )


def _diagonal(head):
    x1, y1, x2, y2 = head
    return float(np.hypot(x2 - x1, y2 - y1))
