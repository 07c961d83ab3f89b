"""Annotation -> record: what every way of building does with a person."""

import dataclasses
from collections.abc import Iterator
from collections.abc import Sequence

import numpy as np
from absl import logging

from data_prep.building import person_box
from data_prep.building import pictures
from data_prep.building import splits
from data_prep.building.options import Options
from data_prep.sources.annotations import Annotation
from deeppose_tf.data import records
from deeppose_tf.geometry import boxes

_WARNINGS = 20  # People that a process names; all are counted.
_NO_BOX = np.full(4, np.nan, np.float32)


@dataclasses.dataclass(frozen=True, slots=True)
class Prepared:
    """A person on the way into a shard, or left out.

    Attributes:
        split: of `shards.SPLITS`.
        image_id: of the annotation.
        record: serialized; None where the person is left out.
        reason: why, in words that count well.
    """

    split: str
    image_id: str
    record: bytes | None
    reason: str | None = None


def prepare(
    people: Sequence[Annotation], options: Options
) -> Iterator[Prepared]:
    """Yields persons as records, in order, or the reason why there is none."""
    found = to_persons(people, options.rule, options.max_side)
    for annotation, person in zip(people, found, strict=True):
        yield _prepared(annotation, person, options)


def _prepared(annotation, found, options):
    split = splits.of_person(annotation, options)
    if isinstance(found, str):
        logging.log_first_n(
            *(logging.WARNING, "%s: %s", _WARNINGS),
            *(annotation.image_path, found),
        )
        return Prepared(split, annotation.image_id, None, found)
    return Prepared(split, annotation.image_id, records.encode(found))


def to_persons(
    people: Sequence[Annotation], rule: person_box.Rule, max_side: int | None
) -> list[records.Person | str]:
    """Annotated persons as records' content, in order.

    Returns:
        Of each the person, or the reason why it cannot be used.
    """
    found = [_picture(annotation, max_side) for annotation in people]
    readable = [
        (annotation, picture)
        for annotation, picture in zip(people, found, strict=True)
        if not isinstance(picture, str)
    ]
    persons = iter(_persons(readable, rule) if readable else ())
    return [one if isinstance(one, str) else next(persons) for one in found]


def _picture(annotation, max_side):
    try:
        return pictures.load_jpeg(
            annotation.image_path, max_side, annotation.image_size
        )
    except pictures.Unreadable as error:
        return str(error)


def _persons(readable, rule):
    """What is computed is so for all at once; see `Rule.boxes`."""
    people, found = zip(*readable, strict=True)
    scale = np.array([picture.scale for picture in found], np.float32)[:, None]
    labeled = np.stack([one.labeled for one in people])
    joints = np.stack([one.joints for one in people]) * scale[..., None]
    annotated = [_NO_BOX if one.box is None else one.box for one in people]
    box, reasons = rule.boxes(
        joints,
        labeled,
        np.array([picture.size for picture in found], np.float32),
        np.array(annotated, np.float32) * scale,
    )
    with np.errstate(all="ignore"):  # Of boxes that are of no use.
        normalized = boxes.normalize(joints, box)
    normalized[~labeled] = 0.0
    return [
        reason or _person(*of_one)
        for reason, *of_one in zip(
            reasons, people, found, box, normalized, strict=True
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
