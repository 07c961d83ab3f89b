"""COCO's categories: which annotations are people, and what joints they have.

A category may name its joints (`keypoints`) and limbs (`skeleton`, pairs of
joints counted from 1). Files whose names are COCO's are read in any order;
other names are a skeleton of their own.
"""

import dataclasses
import pathlib
import re

import numpy as np
from absl import logging

from deeppose_tf import errors
from deeppose_tf.geometry import skeleton_files
from deeppose_tf.geometry import skeletons
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.storage import annotation_values

OTHER = "of another category than person"
_PERSON = "person"
_FLAG = "name a skeleton with --skeleton=FILE"
_TORSO = ("left_shoulder", "right_hip")
# Of names such as leftShoulder, where a word begins.
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclasses.dataclass(frozen=True, eq=False)
class Categories:
    """How the annotations of a file are read.

    Attributes:
        skeleton: of its people.
        order: for each joint of the skeleton its place in the file.
        num_keypoints: that an annotation has.
        people: ids of the categories that are people; None for all.
    """

    skeleton: Skeleton
    order: list[int]
    num_keypoints: int
    people: set[str] | None

    def unusable(self, person: dict) -> str | None:
        """The reason why an annotation is left out, or None."""
        category = annotation_values.key(person.get("category_id"))
        if self.people is not None and category not in self.people:
            return OTHER
        found = person.get("keypoints")
        points = annotation_values.vector(found)
        if points is None and found is not None:
            return "keypoints are no list of numbers"
        if points is None or not len(points):
            return "no labeled joint"
        if len(points) != 3 * self.num_keypoints:
            return (
                f"{len(points) / 3:.3g} keypoints, want the "
                f"{self.num_keypoints} of skeleton {self.skeleton.name}: "
                f"{_FLAG}, or use build_csv"
            )
        visibility = points[2::3]
        if not (np.isin(visibility, (0, 1, 2)) | np.isnan(visibility)).all():
            return "visibility of a keypoint is not 0, 1 or 2"
        return None if (visibility > 0).any() else "no labeled joint"

    def points(self, person: dict) -> np.ndarray:
        """x, y, v of the skeleton's joints, float32 [joints, 3]."""
        return annotation_values.vector(person["keypoints"]).reshape(-1, 3)[
            self.order
        ]


def read(
    path: pathlib.Path, content: dict, skeleton: Skeleton | None
) -> Categories:
    """The categories of a file.

    Args:
        path: of the file, for messages.
        content: of it.
        skeleton: of the people, None for the one that the file names.

    Raises:
        InputError: its joints are not those of the skeleton, or make none.
    """
    listed = content.get("categories")
    listed = listed if isinstance(listed, list) else []
    listed = [c for c in listed if isinstance(c, dict)]
    people = _people(listed)
    names = _joints(path, people)
    if names and skeleton is None:
        skeleton = _own_skeleton(path, names, people[0])
    skeleton = skeleton or skeletons.COCO
    names = names or skeleton.joints
    ids = {annotation_values.key(category.get("id")) for category in people}
    if len(listed) == 1:
        ids.add(None)  # Tools with one category leave category_id out.
    return Categories(
        skeleton=skeleton,
        order=_order(path, names, skeleton),
        num_keypoints=len(names),
        people=ids if listed else None,
    )


def _people(listed):
    """Those called person; else those with joints, else all."""
    return (
        [c for c in listed if str(c.get("name")).strip().lower() == _PERSON]
        or [c for c in listed if c.get("keypoints")]
        or listed
    )


def _joints(path, people):
    """The names of the people's joints; None where there are none."""
    found = {}
    for category in people:
        names = category.get("keypoints")
        if not names:
            continue
        if not isinstance(names, list) or not all(
            isinstance(name, str) for name in names
        ):
            raise errors.InputError(
                f"{path}: keypoints of category {category.get('name')!r} are "
                "no list of names; correct them, or leave them out"
            )
        found[tuple(map(_plain, names))] = category.get("name")
    if len(found) > 1:
        raise errors.InputError(
            f"{path}: categories {list(found.values())} have other joints; "
            "keep one of them"
        )
    return next(iter(found), None)


def _plain(name):
    """Left Shoulder, left-shoulder and leftShoulder are left_shoulder."""
    name = _WORD.sub("_", name.strip())
    return name.lower().replace(" ", "_").replace("-", "_")


def _own_skeleton(path, names, category):
    for known in skeletons.KNOWN.values():
        if sorted(known.joints) == sorted(names):
            return known
    unknown = [name for name in names if name not in skeletons.COCO.joints]
    if len(names) == len(skeletons.COCO.joints) or not {*_TORSO} <= {*names}:
        raise errors.InputError(
            f"{path}: the joints {', '.join(unknown)} are not COCO's; {_FLAG} "
            "that names all joints of the file, and which of them span the "
            "torso"
        )
    values = {
        "name": str(category.get("name")),
        "joints": list(names),
        "limbs": _limbs(path, names, category.get("skeleton")),
        "torso": list(_TORSO),
    }
    return skeleton_files.make(str(path), values)


def _limbs(path, names, pairs):
    """Limbs by name; none where the pairs are not of joints from 1 on."""
    limbs = []
    for pair in pairs if isinstance(pairs, list) else ():
        ends = annotation_values.vector(pair, 2)
        if (
            ends is None
            or not np.isin(ends, np.arange(1, len(names) + 1)).all()
        ):
            logging.warning(
                "%s: its skeleton's pairs do not count joints from 1 to %d; "
                "there are no limbs then",
                path,
                len(names),
            )
            return []
        a, b = (names[int(end) - 1] for end in ends)
        kind = a.partition("_")[2] or a, b.partition("_")[2] or b
        limbs.append(["-".join(kind), a, b])
    return limbs


def _order(path, names, skeleton):
    wanted = [_plain(joint) for joint in skeleton.joints]
    missing = [name for name in wanted if name not in names]
    if missing:
        raise errors.InputError(
            f"{path}: its people have no joints {', '.join(missing)} of "
            f"skeleton {skeleton.name}, but {', '.join(names)}; {_FLAG}"
        )
    if len(set(names)) < len(names):
        raise errors.InputError(f"{path}: names a joint twice: {list(names)}")
    others = [name for name in names if name not in wanted]
    if others:
        logging.warning("%s: leaves out joints %s", path, ", ".join(others))
    return [names.index(name) for name in wanted]
