"""Annotation -> record: what every way of building does with a person."""

import dataclasses

from absl import logging

from data_prep import person_box
from data_prep import pictures
from data_prep import shards
from data_prep.annotations import Annotation
from data_prep.options import Options
from deeppose_tf import boxes
from deeppose_tf import records


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


def prepare(annotation: Annotation, options: Options) -> Prepared:
    """The person as a record, or the reason why there is none."""
    split = split_of(annotation, options)
    try:
        person = to_person(annotation, options.rule, options.max_side)
        return Prepared(split, annotation.image_id, records.encode(person))
    except (pictures.Unreadable, person_box.NoBox) as error:
        logging.warning("%s: %s", annotation.image_path, error)
        return Prepared(split, annotation.image_id, None, str(error))


def split_of(annotation: Annotation, options: Options) -> str:
    """The split of a person: the official one, or by its image."""
    return shards.split_of(
        annotation.image_id,
        options.val_fraction,
        options.test_fraction,
        annotation.official,
    )


def to_person(
    annotation: Annotation, rule: person_box.Rule, max_side: int | None
) -> records.Person:
    """One annotated person as a record's content.

    Raises:
        Unreadable, NoBox: the person cannot be used, and why.
    """
    image, (width, height), scale = pictures.load_jpeg(
        annotation.image_path, max_side, annotation.image_size
    )
    joints = annotation.joints * scale
    annotated = annotation.box
    box = rule.box(
        joints,
        annotation.labeled,
        height,
        width,
        None if annotated is None else annotated * scale,
    )
    normalized = boxes.normalize(joints, box)
    normalized[~annotation.labeled] = 0.0
    return records.Person(
        image=image,
        height=height,
        width=width,
        image_id=annotation.image_id,
        person_id=annotation.person_id,
        box=box,
        joints=normalized,
        labeled=annotation.labeled,
        visible=annotation.visible,
        head_size=annotation.head_size * scale,
        area=annotation.area * scale**2,
    )
