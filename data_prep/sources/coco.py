"""Reads COCO's person keypoints (Lin et al., ECCV 2014), and files like them.

annotations/person_keypoints_NAME.json lies beside a folder NAME of pictures;
NAME is train2017, val2017... A keypoint is x, y, v: v is 0 unlabeled, 1 labeled
but hidden, 2 visible; x, y count pixels from 0. A box is x, y, w, h, where x, y
is its upper left corner. coco_categories.py says which annotations are people,
and which joints they have. Annotation tools leave out iscrowd, num_keypoints,
area, bbox, width or height: labeled joints are counted by v, and a missing area
is unknown.
"""

import collections.abc
import pathlib

import numpy as np
from absl import logging

from data_prep.sources import annotations
from data_prep.sources import coco_file
from deeppose_tf import errors
from deeppose_tf.geometry.skeletons import Skeleton


def read(
    source: str,
    skeleton: Skeleton | None = None,
    allow_outside: bool = False,
) -> annotations.Source:
    """All persons of a source folder with a labeled joint, without crowds.

    People of a val folder are the test people: COCO's own test annotations are
    not published.

    Args:
        source: the folder.
        skeleton: of the people; None for the one that the files name, COCO's
            where they name none.
        allow_outside: whether pictures may lie elsewhere.

    Raises:
        InputError: there is no annotation file, or one is broken, or its joints
            are not those of the skeleton.
    """
    folder = pathlib.Path(source)
    paths = sorted((folder / "annotations").glob(f"{coco_file.START}*.json"))
    if not paths:
        raise errors.InputError(
            f"--source={source}: no annotations/{coco_file.START}*.json there, "
            "as COCO comes"
        )
    _tell_left_out(folder / "annotations", paths)
    skipped, found = annotations.Skips(), []
    for path in paths:
        found.append(
            coco_file.AnnotationFile(path, skeleton, allow_outside, skipped)
        )
        skeleton = found[-1].skeleton
    people = _People(found, _index(found))
    return annotations.Source(people, skipped, skeleton, unique=True)


def _index(files):
    """Of all people, uint64 [people, 4]: their file, place, size, number.

    Raises:
        InputError: two files have a person of the same id.
    """
    rows = np.concatenate([file.people for file in files])
    digests = rows[:, 0].copy()
    rows[:, 0] = np.repeat(
        np.arange(len(files)), [len(file.people) for file in files]
    )
    order = np.argsort(digests, kind="stable")
    same = np.flatnonzero(np.diff(digests[order]) == 0)
    if len(same):
        pair = _People(files, rows[order[same[0] : same[0] + 2]])
        annotations.check_ids(pair)
    return rows


class _People(collections.abc.Sequence):
    """People that are read when they are wanted; a slice reads nobody."""

    def __init__(self, files, rows):
        self._files = files
        self._rows = rows

    def __len__(self):
        return len(self._rows)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return _People(self._files, self._rows[index])
        file, *place = self._rows[index].tolist()
        return self._files[file].annotation(*place)


def _tell_left_out(folder, paths):
    others = sorted(p.name for p in {*folder.iterdir()} - {*paths})
    if others:
        logging.warning("%s: does not read %s", folder, ", ".join(others))
