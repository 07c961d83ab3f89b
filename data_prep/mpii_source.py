"""Reads MPII Human Pose (Andriluka et al., CVPR 2014), both of its forms.

The official mpii_human_pose_v1_u12_1.mat, and the JSON lists that circulate
(a dict a person: image, joints, joints_vis, center, scale). Pictures lie in
images/ or beside. Pixels count from 1 as in MATLAB. Only the official training
people have joints: a list of image names says who is tested on.
"""

import collections
import json
import pathlib

import numpy as np

from data_prep import annotations
from data_prep import mpii_mat
from data_prep.annotations import Annotation
from deeppose_tf import errors
from deeppose_tf import skeletons

_K = len(skeletons.MPII.joints)
MAT = "mpii_human_pose_v1_u12_1.mat"
# MPII: a person is about scale x 200 pixels high.
_HEIGHT = 200.0
# MPII's own evaluation: head size is 0.6 of the head box's diagonal.
_HEAD = 0.6


def read(source: str, test_list: str | None = None) -> annotations.Source:
    """All persons with joints of a source folder.

    Args:
        source: folder with the MAT file or with JSON lists.
        test_list: text file with an image name a line (or a JSON list of the
            persons): those are tested on, all others are trained on.

    Raises:
        InputError: a file is missing, broken or of another kind.
    """
    folder = pathlib.Path(source)
    tested = None if test_list is None else _names(pathlib.Path(test_list))
    if (folder / MAT).exists():
        people, skipped = mpii_mat.read(folder / MAT)
    else:
        people, skipped = _read_lists(folder)
    if tested is not None and not any(
        person["image"] in tested for person in people
    ):
        raise errors.InputError(
            f"--test_list={test_list}: names no picture of {folder}; want a "
            "file name a line, as 015601864.jpg"
        )
    found, numbers = [], collections.Counter()
    for person in people:
        numbers[person["image"]] += 1
        number = numbers[person["image"]]
        found.append(_annotation(folder, person, number, tested))
    return annotations.Source(found, skipped)


def _read_lists(folder):
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise errors.InputError(
            f"--source={folder}: holds neither {MAT} nor a JSON list of "
            "persons, as MPII comes"
        )
    seen, skipped = {}, collections.Counter()
    for path in paths:
        for person in _load_list(path):
            # The lists that circulate repeat people: trainval.json those of
            # train.json; and test.json has none with joints.
            key = json.dumps(person, sort_keys=True)
            if "joints" not in person:
                skipped["no labeled joint"] += 1
            elif key in seen:
                skipped["listed before"] += 1
            else:
                seen[key] = person
    return list(seen.values()), skipped


def _load_list(path):
    try:
        people = json.loads(path.read_text())
        for person in people:
            if "joints" in person:
                np.array(person["joints"], float).reshape(_K, 2)
                np.array(person["joints_vis"], float).reshape(_K)
            np.array([*person["center"], person["scale"]], float).reshape(3)
            pathlib.Path(person["image"])
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise errors.InputError(
            f"{path}: not a list of MPII's persons ({type(error).__name__}: "
            f"{error}); copy it again"
        ) from error
    # In these lists a joint that is not visible is not annotated either.
    return people


def _names(path):
    if not path.exists():
        raise errors.InputError(f"--test_list={path}: no such file")
    if path.suffix == ".json":
        return {person["image"] for person in _load_list(path)}
    return set(path.read_text().split())


def _annotation(folder, person, number, tested):
    name = person["image"]
    points = np.array(person["joints"], float)
    flags = np.array(person["joints_vis"], float)
    labeled = np.array(person.get("labeled", flags > 0), bool)
    joints, labeled = annotations.pixels(points, labeled, 1.0)
    scale = float(person["scale"])
    # Boxes in use move MPII's center 15 pixels at scale 1 down, to the middle.
    center = np.array(person["center"]) + [0.0, 15.0 * scale] - 0.5
    head = person.get("head_box")
    inside = folder / "images" / name
    split = "test" if tested is not None and name in tested else "train"
    return Annotation(
        image_path=inside if inside.exists() else folder / name,
        image_id=f"mpii/{name}",
        person_id=f"mpii/{name}#{number}",
        joints=joints,
        labeled=labeled,
        visible=labeled & (flags > 0),
        official=None if tested is None else split,
        box=np.array([*center, *[_HEIGHT * scale] * 2], np.float32),
        head_size=0.0 if head is None else _HEAD * _diagonal(head),
    )


def _diagonal(head):
    x1, y1, x2, y2 = head
    return float(np.hypot(x2 - x1, y2 - y1))
