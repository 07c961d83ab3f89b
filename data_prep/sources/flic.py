"""Reads FLIC (Sapp & Taskar, MODEC, CVPR 2013).

`examples.mat` holds a struct a person: coords 2x29, NaN where unlabeled;
torsobox x1, y1, x2, y2; filepath in images/; istrain, istest. Pixels count from
1 as in MATLAB. FLIC-full has the same form with more people; the published
tr_plus_indices.mat lists those of them that are safe to train on.
"""

import pathlib

import numpy as np

from data_prep.sources import annotations
from data_prep.sources import mat_files
from data_prep.sources import picture_names
from data_prep.sources.annotations import Annotation
from deeppose_tf import errors

# Of the 29 points, those of skeletons.FLIC, in its order.
_POINTS = (0, 1, 2, 3, 4, 5, 6, 9, 12, 13, 16)
_LAYOUT = "a folder with examples.mat and images/, as FLIC comes"


def read(
    source: str,
    train_indices: str | None = None,
    allow_outside: bool = False,
) -> annotations.Source:
    """All persons of a source folder, in order.

    Args:
        source: folder with examples.mat and images/.
        train_indices: tr_plus_indices.mat of FLIC-full: the training people,
            numbered from 1; all others but the test people are left out. None
            takes the split of examples.mat.
        allow_outside: whether pictures may lie outside the source folder.

    Raises:
        InputError: a file is missing, unreadable or of another kind.
    """
    folder = pathlib.Path(source)
    path = folder / "examples.mat"
    people = mat_files.load(
        path, "examples", _LAYOUT, struct_as_record=False, squeeze_me=True
    )
    people = np.atleast_1d(people)
    train = _train_numbers(train_indices, len(people))
    read, skipped = [], annotations.Skips()
    for i, person in enumerate(people):
        who = f"{path}, person {i + 1}"
        try:
            official = _official(person, train is not None and i + 1 in train)
            expected = _left_out(official, i + 1, train)
            if expected:
                skipped[expected] += 1
                continue
            name = picture_names.resolve(folder, "images", person.filepath)
            reason = picture_names.fault(*name, allow_outside)
            reason = reason or _unusable(person)
            if reason:
                skipped.add(reason, who)
            else:
                read.append(_annotation(folder, name[0], i, person, official))
        # A field is missing, or of another kind or shape.
        except (AttributeError, TypeError, ValueError, IndexError):
            skipped.add("not a person as in FLIC", who)
    return annotations.Source(read, skipped)


def _train_numbers(train_indices, people):
    """The numbers of the training people, from 1; None where no file is."""
    if train_indices is None:
        return None
    numbers = mat_files.load(
        pathlib.Path(train_indices),
        "tr_plus_indices",
        "FLIC; --train_indices names FLIC-plus's tr_plus_indices.mat",
    )
    numbers = np.ravel(numbers)
    if not (
        numbers.size
        and numbers.dtype.kind in "iuf"
        and np.isin(numbers, np.arange(1, people + 1)).all()
    ):
        raise errors.InputError(
            f"--train_indices={train_indices}: does not belong to this "
            f"examples.mat, whose people have the numbers 1 to {people}; name "
            "its tr_plus_indices.mat"
        )
    return set(numbers.astype(int).tolist())


def _official(person, is_listed):
    """The split; people of --train_indices train even without istrain."""
    train, test = (bool(np.any(f)) for f in (person.istrain, person.istest))
    return "test" if test else "train" if train or is_listed else None


def _left_out(official, number, train):
    """The reason why a sound person is left out, or None."""
    if official != "test" and train is not None and number not in train:
        return "not among --train_indices"
    return "neither train nor test" if official is None else None


def _unusable(person):
    """The reason why a person is left out, or None."""
    size = np.ravel(person.imgdims)[:2].astype(float)
    if size.size < 2 or not (size >= 1).all() or not np.isfinite(size).all():
        return "no image size"
    return None


def _annotation(folder, path, i, person, official):
    points = np.asarray(person.coords, float)[:, _POINTS].T
    joints, labeled = annotations.pixels(points, np.ones(11, bool), 1.0)
    low, high = np.asarray(person.torsobox, float).reshape(2, 2)
    height, width = np.ravel(person.imgdims)[:2]
    image_id = f"{folder.resolve().name}/{path.removeprefix('images/')}"
    # What float32 cannot hold is infinite then; encoding.py leaves it out.
    with np.errstate(over="ignore"):
        box = np.array([*(low / 2 + high / 2 - 0.5), *(high - low)], np.float32)
    return Annotation(
        image_path=folder / path,
        image_id=image_id,
        person_id=f"{image_id}#{i + 1}",
        joints=joints,
        labeled=labeled,
        visible=labeled,
        official=official,
        box=box,
        image_size=(int(width), int(height)),
    )
