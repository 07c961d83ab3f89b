"""Reads MPII Human Pose (Andriluka et al., CVPR 2014) in both of its forms.

They are the official mpii_human_pose_v1_u12_1.mat, and JSON lists that others
made of it (a dict a person: image, joints, joints_vis, center, scale). Pictures
lie in images/ or beside the file. Pixels count from 1 as in MATLAB. Only the
official training people have joints: a list names the test images among them.
"""

import collections
import os
import pathlib

import numpy as np
from absl import logging

from data_prep.sources import annotations
from data_prep.sources import mpii_lists
from data_prep.sources import mpii_mat
from data_prep.sources import picture_names
from data_prep.sources.annotations import Annotation
from deeppose_tf import errors
from deeppose_tf.storage import files

MAT = "mpii_human_pose_v1_u12_1.mat"
# MPII: a person is about scale x 200 pixels high.
_HEIGHT = 200.0
# MPII's own evaluation: head size is 0.6 of the head box's diagonal.
_HEAD = 0.6
_EXAMPLES = 5  # Unknown names in the warning.


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
    return mpii_lists.read(folder, skipped)


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


def _names(path):
    if not path.exists():
        raise errors.InputError(f"--test_list={path}: no such file")
    if path.suffix == ".json":
        names = [
            p.get("image") for p in mpii_lists.load(path) if isinstance(p, dict)
        ]
        return {name for name in names if isinstance(name, str)}
    try:
        lines = files.read_text(path).splitlines()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise errors.InputError(
            f"--test_list={path}: not a text file ({why}); want a file name "
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
