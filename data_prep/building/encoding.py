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

_FAR = "labeled joint far outside the picture"
_OFF = "labeled joint far outside the box"
_ODD = "head size or area not finite, or negative"
_TURNED = (
    "taken as stored, though its EXIF orientation turns it; --upright turns it"
)
_NO_BOX = np.full(4, np.nan, np.float32)
# What this process has logged; all people are counted.
_told = set()


@dataclasses.dataclass(frozen=True, slots=True)
class Prepared:
    """A person for a shard, or one that is left out.

    Attributes:
        split: of `splits.SPLITS`.
        image_id: of the annotation.
        record: serialized; None where the person is left out.
        reason: why; the same for many people, so that it can be counted.
        warning: of a picture that may not be meant so; likewise.
    """

    split: str
    image_id: str
    record: bytes | None
    reason: str | None = None
    warning: str | None = None


def prepare(
    people: Sequence[Annotation], options: Options
) -> Iterator[Prepared]:
    """Yields people as records, in order, or the reason why there is none."""
    how = options.max_side, options.upright, options.check_pictures
    images = [_picture(person, *how) for person in people]
    persons = _of_pictures(people, images, options.rule)
    for parts in zip(people, images, persons, strict=True):
        yield _prepared(*parts, options)


def _prepared(annotation, picture, person, options):
    split = splits.of_person(annotation, options)
    if isinstance(person, str):
        _log(annotation, person)
        return Prepared(split, annotation.image_id, None, reason=person)
    warning = _TURNED if picture.turned else None
    if warning:
        _log(annotation, warning)
    record = records.encode(person)
    return Prepared(split, annotation.image_id, record, warning=warning)


def _log(annotation, message):
    """Names the first person of each reason, once a process."""
    if message not in _told:
        _told.add(message)
        logging.warning("%s: %s", annotation.image_path, message)


def to_persons(
    people: Sequence[Annotation],
    rule: person_box.Rule,
    max_side: int | None,
    upright: bool = False,
    check: bool = False,
) -> list[records.Person | str]:
    """Annotated people as the content of records, in order.

    For the arguments see `Options`.

    Returns:
        For each the person, or the reason why it cannot be used.
    """
    images = [_picture(one, max_side, upright, check) for one in people]
    return _of_pictures(people, images, rule)


def _of_pictures(people, images, rule):
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


def _picture(annotation, max_side, upright, check):
    try:
        return pictures.load_jpeg(
            annotation.image_path,
            max_side,
            annotation.image_size,
            upright=upright,
            check=check,
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
    far_from_box = boxes.far_from_box(normalized, labeled)
    measures = _measures(people, scale)
    odd = ~(np.isfinite(measures) & (measures >= 0)).all(axis=1)
    return [
        (is_far and _FAR)
        or reason
        or (is_off and _OFF)
        or (is_odd and _ODD)
        or _person(*parts)
        for is_far, reason, is_off, is_odd, *parts in zip(
            *(far, reasons, far_from_box, odd),
            *(people, images, box, normalized, measures),
            strict=True,
        )
    ]


def _measures(people, scale):
    """Head sizes and areas in pixels of the pictures, float32 [n, 2]."""
    # What float32 cannot hold is infinite then, and left out.
    with np.errstate(over="ignore", invalid="ignore"):
        measures = np.array(
            [(person.head_size, person.area) for person in people]
        ).astype(np.float32)
        return measures * np.concatenate([scale, scale**2], axis=1)


def _person(annotation, picture, box, joints, measures):
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
        head_size=measures[0],
        area=measures[1],
    )
