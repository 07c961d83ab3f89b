"""Encodes annotated people as records, for local builds and for Beam."""

import dataclasses
from collections.abc import Iterator
from collections.abc import Sequence

import numpy as np
from absl import logging

from data_prep.building import person_box
from data_prep.building import pictures
from data_prep.building import splits
from data_prep.building.build_options import Options
from data_prep.sources.annotations import Annotation
from deeppose_tf.data import records
from deeppose_tf.geometry import boxes

_WARNINGS = 20  # The most a process logs; all people are counted.
_FAR = "labeled joint far outside the picture"
_NO_BOX = np.full(4, np.nan, np.float32)


@dataclasses.dataclass(frozen=True, slots=True)
class Prepared:
    """A person for a shard, or one that is left out.

    Attributes:
        split: of `splits.SPLITS`.
        image_id: of the annotation.
        record: serialized; None where the person is left out.
        reason: why; the same for many people, so that it can be counted.
    """

    split: str
    image_id: str
    record: bytes | None
    reason: str | None = None


def prepare(
    people: Sequence[Annotation], options: Options
) -> Iterator[Prepared]:
    """Yields people as records, in order, or the reason why there is none."""
    persons = to_persons(people, options.rule, options.max_side)
    for annotation, person in zip(people, persons, strict=True):
        yield _prepared(annotation, person, options)


def _prepared(annotation, person, options):
    split = splits.of_person(annotation, options)
    if isinstance(person, str):
        path = annotation.image_path
        logging.log_first_n(logging.WARNING, "%s: %s", _WARNINGS, path, person)
        return Prepared(split, annotation.image_id, None, reason=person)
    return Prepared(split, annotation.image_id, records.encode(person))


def to_persons(
    people: Sequence[Annotation], rule: person_box.Rule, max_side: int | None
) -> list[records.Person | str]:
    """Annotated people as the content of records, in order.

    Returns:
        For each the person, or the reason why it cannot be used.
    """
    images = [_picture(annotation, max_side) for annotation in people]
    readable = [
        (annotation, picture)
        for annotation, picture in zip(people, images, strict=True)
        if not isinstance(picture, str)
    ]
    persons = iter(_persons(readable, rule) if readable else ())
    return [
        picture if isinstance(picture, str) else next(persons)
        for picture in images
    ]


def _picture(annotation, max_side):
    try:
        return pictures.load_jpeg(
            annotation.image_path, max_side, annotation.image_size
        )
    except pictures.Unreadable as error:
        return str(error)


def _persons(readable, rule):
    """Computes for many people at once, which takes NumPy as long as for one.

    Args:
        readable: pairs of annotation and picture.
        rule: of b0.

    Returns:
        For each the person, or the reason why it cannot be used.
    """
    people, images = zip(*readable, strict=True)
    scale = np.array([picture.scale for picture in images], np.float32)[:, None]
    labeled = np.stack([person.labeled for person in people])
    joints = np.stack([person.joints for person in people]) * scale[..., None]
    sizes = np.array([picture.size for picture in images], np.float32)
    far = boxes.far_outside(joints, labeled, sizes)
    annotated = [
        _NO_BOX if person.box is None else person.box for person in people
    ]
    box, reasons = rule.boxes(
        joints,
        labeled,
        sizes,
        np.array(annotated, np.float32) * scale,
    )
    with np.errstate(all="ignore"):  # Some boxes have no size; see `reasons`.
        normalized = boxes.normalize(joints, box)
    normalized[~labeled] = 0.0
    return [
        _FAR if is_far else reason or _person(*parts)
        for is_far, reason, *parts in zip(
            far, reasons, people, images, box, normalized, strict=True
        )
    ]


def _person(annotation, picture, box, joints):
    return records.Person(
        image=picture.encoded,
        height=picture.size[1],
        width=picture.size[0],
        image_id=annotation.image_id,
        person_id=annotation.person_id,
        box=box,
        joints=joints,
        labeled=annotation.labeled,
        visible=annotation.visible,
        head_size=annotation.head_size * picture.scale,
        area=annotation.area * picture.scale**2,
    )
