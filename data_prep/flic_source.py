"""Reads FLIC (Sapp & Taskar, MODEC, CVPR 2013).

`examples.mat` holds a struct a person: coords 2x29 with NaN where nothing is
annotated, torsobox x1, y1, x2, y2, filepath in images/, istrain, istest. Pixels
count from 1 as in MATLAB. FLIC-full is the same with more people; the published
tr_plus_indices.mat names those of them that are safe to train on.
"""

import collections
import pathlib

import numpy as np

from data_prep import annotations
from data_prep import mat_files
from data_prep.annotations import Annotation
from deeppose_tf import errors

# Of the 29 points, those of skeletons.FLIC, in its order.
_POINTS = (0, 1, 2, 3, 4, 5, 6, 9, 12, 13, 16)
_LAYOUT = "a folder with examples.mat and images/, as FLIC comes"


def read(source: str, train_indices: str | None = None) -> annotations.Source:
    """All persons of a source folder, in order.

    Args:
        source: folder with examples.mat and images/.
        train_indices: tr_plus_indices.mat of FLIC-full: other people that are
            not tested on are left out. None takes all.

    Raises:
        InputError: a file is missing, unreadable or of another kind.
    """
    folder = pathlib.Path(source)
    path = folder / "examples.mat"
    people = mat_files.load(
        path, "examples", _LAYOUT, struct_as_record=False, squeeze_me=True
    )
    kept = _kept(train_indices)
    found, skipped = [], collections.Counter()
    for i, person in enumerate(np.atleast_1d(people)):
        try:
            annotation = _annotation(folder, i, person)
        except (AttributeError, TypeError, ValueError, IndexError) as error:
            raise errors.InputError(
                f"{path}: person {i + 1} is not as in FLIC ({error})"
            ) from error
        if annotation.official != "test" and kept and i + 1 not in kept:
            skipped["not among --train_indices"] += 1
        elif annotation.official is None:
            skipped["neither train nor test"] += 1
        else:
            found.append(annotation)
    return annotations.Source(found, skipped)


def _kept(train_indices):
    if train_indices is None:
        return None
    numbers = mat_files.load(
        pathlib.Path(train_indices),
        "tr_plus_indices",
        "FLIC; --train_indices names FLIC-plus's tr_plus_indices.mat",
    )
    return set(np.ravel(numbers).astype(int).tolist())


def _annotation(folder, i, person):
    points = np.asarray(person.coords, float)[:, _POINTS].T
    joints, labeled = annotations.pixels(points, np.ones(11, bool), 1.0)
    low, high = np.asarray(person.torsobox, float).reshape(2, 2)
    center = (low + high) / 2 - 0.5
    height, width = np.ravel(person.imgdims)[:2]
    train, test = (bool(np.any(f)) for f in (person.istrain, person.istest))
    image_id = f"{folder.resolve().name}/{person.filepath}"
    return Annotation(
        image_path=folder / "images" / str(person.filepath),
        image_id=image_id,
        person_id=f"{image_id}#{i + 1}",
        joints=joints,
        labeled=labeled,
        visible=labeled,
        official="test" if test else "train" if train else None,
        box=np.array([*center, *(high - low)], np.float32),
        image_size=(int(width), int(height)),
    )
