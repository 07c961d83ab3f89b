"""Reads MPII Human Pose (Andriluka et al., CVPR 2014) in both of its forms.

They are the official mpii_human_pose_v1_u12_1.mat, and JSON lists that others
made of it (a dict a person: image, joints, joints_vis, center, scale). Pictures
lie in images/ or beside the file. Pixels count from 1 as in MATLAB. Only the
official training people have joints: a list names the test images among them.
"""

import collections
import hashlib
import json
import pathlib

import numpy as np
from absl import logging

from data_prep.sources import annotations
from data_prep.sources import mpii_mat
from data_prep.sources.annotations import Annotation
from deeppose_tf import errors
from deeppose_tf.geometry import skeletons

_K = len(skeletons.MPII.joints)
MAT = "mpii_human_pose_v1_u12_1.mat"
# MPII: a person is about scale x 200 pixels high.
_HEIGHT = 200.0
# MPII's own evaluation: head size is 0.6 of the head box's diagonal.
_HEAD = 0.6
_EXAMPLES = 5  # Unknown names in the warning.


def read(source: str, test_list: str | None = None) -> annotations.Source:
    """All persons with joints of a source folder.

    Args:
        source: folder with the MAT file or with JSON lists.
        test_list: text file with the name of a test image a line, or a JSON
            list of the test persons; all other people are for training.

    Raises:
        InputError: a file is missing, broken or of another kind.
    """
    folder = pathlib.Path(source)
    test = None if test_list is None else _names(pathlib.Path(test_list))
    people, skipped = [], collections.Counter()
    numbers = collections.Counter()
    for person in _persons(folder, skipped):
        numbers[person["image"]] += 1
        number = numbers[person["image"]]
        people.append(_annotation(folder, person, number, test))
    if test is not None:
        _check_names(test_list, test, numbers, folder)
    return annotations.Source(people, skipped)


def _persons(folder, skipped):
    """Yields dicts one by one: annotations take a fraction of the memory."""
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
        for person in _load_list(path):
            # trainval.json repeats the people of train.json; those of
            # test.json have no joints.
            text = json.dumps(person, sort_keys=True).encode()
            key = hashlib.sha256(text).digest()
            if "joints" not in person:
                skipped["no labeled joint"] += 1
            elif key in seen:
                skipped["listed before"] += 1
            else:
                seen.add(key)
                yield person


def _load_list(path):
    number = 0
    try:
        people = json.loads(path.read_text())
        for person in people:
            number += 1
            if "joints" in person:
                _check(person, "joints", (_K, 2))
                _check(person, "joints_vis", (_K,))
            _check(person, "center", (2,))
            _check(person, "scale", ())
            pathlib.Path(person["image"])
    except (KeyError, TypeError, ValueError, OSError) as error:
        who = f", person {number}" if number else ""
        raise errors.InputError(
            f"{path}{who}: not a list of MPII's persons "
            f"({type(error).__name__}: {error}); copy it again"
        ) from error
    return people


def _check(person, name, shape):
    values = np.array(person[name], float)
    if values.shape != shape:
        raise ValueError(f"{name} of shape {values.shape}, want {shape}")


def _names(path):
    if not path.exists():
        raise errors.InputError(f"--test_list={path}: no such file")
    if path.suffix == ".json":
        return {person["image"] for person in _load_list(path)}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise errors.InputError(
            f"--test_list={path}: not a text file ({error}); want a file name "
            "a line, as 015601864.jpg, or a JSON list of persons"
        ) from error
    return {line.strip() for line in lines if line.strip()}


def _annotation(folder, person, number, test):
    name = person["image"]
    points = np.array(person["joints"], float)
    visible = np.array(person["joints_vis"], float) > 0
    # In the JSON lists a joint that is not visible is not annotated either.
    labeled = np.array(person.get("labeled", visible), bool)
    joints, labeled = annotations.pixels(points, labeled, 1.0)
    scale = float(person["scale"])
    # MPII's center lies above the middle; in common use it is moved 15 pixels
    # down at scale 1.
    center = np.array(person["center"], float) + [0.0, 15.0 * scale] - 0.5
    head = person.get("head_box")
    path = folder / "images" / name
    split = "test" if test is not None and name in test else "train"
    return Annotation(
        image_path=path if path.exists() else folder / name,
        image_id=f"mpii/{name}",
        person_id=f"mpii/{name}#{number}",
        joints=joints,
        labeled=labeled,
        visible=labeled & visible,
        official=None if test is None else split,
        box=np.array([*center, _HEIGHT * scale, _HEIGHT * scale], np.float32),
        head_size=0.0 if head is None else _HEAD * _diagonal(head),
    )


def _diagonal(head):
    x1, y1, x2, y2 = head
    return float(np.hypot(x2 - x1, y2 - y1))
