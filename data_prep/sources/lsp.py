"""Reads a folder in the layout of LSP or of LSP Extended.

LSP (Johnson & Everingham, BMVC 2010): `joints` 3x14xN, the third row is 1 where
occluded; the first half of the images is for training, the second for testing.
LSP Extended (CVPR 2011): `joints` 14x3xN, the third column is 1 where labeled;
coordinates of unlabeled joints are junk.
Both count pixels from 1 as MATLAB does: the first pixel's center is (1, 1).
"""

import os
import pathlib

import numpy as np
from absl import logging

from data_prep.sources import annotations
from data_prep.sources import mat_files
from data_prep.sources.annotations import Annotation
from deeppose_tf import errors
from deeppose_tf.geometry import skeletons

_LAYOUT = "a folder with joints.mat and images/, as LSP and LSP Extended come"
_NUM_JOINTS = len(skeletons.LSP.joints)


def read(
    source: str, skipped: annotations.Skips | None = None
) -> list[Annotation]:
    """All persons of a source folder, in order.

    Args:
        source: the folder.
        skipped: counts, by reason, the people that are left out.

    Raises:
        InputError: joints.mat is missing, unreadable or of another shape.
    """
    folder = pathlib.Path(source)
    path = folder / "joints.mat"
    joints = _load(path)
    if joints.shape[:2] == (_NUM_JOINTS, 3):
        people, extended = joints.transpose(2, 0, 1), True
    elif joints.shape[:2] == (3, _NUM_JOINTS):
        people, extended = joints.transpose(2, 1, 0), False
    else:
        raise errors.InputError(
            f"{path}: joints of shape {joints.shape}, want (3, 14, N) as in "
            "LSP or (14, 3, N) as in LSP Extended"
        )
    skipped = annotations.Skips() if skipped is None else skipped
    found = _people(folder, people, extended, skipped)
    _tell_left_out(folder / "images", found)
    return found


def _tell_left_out(folder, people):
    named = {person.image_path.name for person in people}
    others = len({*os.listdir(folder)} - named) if folder.is_dir() else 0
    if others:
        logging.warning("%s: %d files there belong to nobody", folder, others)


def _load(path):
    joints = mat_files.load(path, "joints", _LAYOUT)
    if not isinstance(joints, np.ndarray) or joints.dtype.kind not in "iuf":
        raise errors.InputError(
            f"{path}: joints are no array of numbers; --source names {_LAYOUT}"
        )
    if joints.ndim == 2:  # MATLAB drops the last axis of a single person.
        joints = joints[..., None]
    if joints.ndim != 3:
        raise errors.InputError(
            f"{path}: joints of shape {joints.shape}, want three axes"
        )
    return joints.astype(float)


def _people(folder, people, extended, skipped):
    found = []
    for i, person in enumerate(people):
        flags = person[:, 2]
        if not (np.isin(flags, (0, 1)) | np.isnan(flags)).all():
            skipped.add(
                "flag of a joint is not 0 or 1",
                f"{folder / 'joints.mat'}, person {i + 1}",
            )
        elif extended:
            found.append(_annotation(folder, i, person, labeled=flags > 0))
        else:
            official = "train" if i < len(people) // 2 else "test"
            found.append(
                _annotation(
                    folder, i, person, occluded=flags > 0, official=official
                )
            )
    return found


def _annotation(
    folder, i, person, *, labeled=None, occluded=None, official=None
):
    if labeled is None:
        labeled = np.ones(len(person), bool)
    joints, labeled = annotations.pixels(person[:, :2], labeled, 1.0)
    name = f"im{i + 1:0{4 if official else 5}d}.jpg"
    image_id = f"{folder.resolve().name}/{name}"
    return Annotation(
        image_path=folder / "images" / name,
        image_id=image_id,
        person_id=image_id,
        joints=joints,
        labeled=labeled,
        visible=labeled if occluded is None else labeled & ~occluded,
        official=official,
    )
