"""Annotations -> records and dataset.json: what all builders do."""

import dataclasses
from collections.abc import Iterator

import tqdm
from absl import logging

from data_prep import person_box
from data_prep import pictures
from data_prep import shards
from data_prep import threads
from data_prep.annotations import Annotation
from data_prep.annotations import Source
from deeppose_tf import boxes
from deeppose_tf import errors
from deeppose_tf import records
from deeppose_tf.skeletons import Skeleton


@dataclasses.dataclass(frozen=True)
class Options:
    """What the flags say.

    Attributes:
        output_dir: for records and dataset.json.
        rule: of b0.
        num_shards: record files a split.
        val_fraction: share of the training images that validate.
        test_fraction: share of images to test on, where no split is official.
        max_side: larger images are shrunk to it, None for never.
        arguments: of the program, for dataset.json.
    """

    output_dir: str
    rule: person_box.Rule
    num_shards: int
    val_fraction: float
    test_fraction: float
    max_side: int | None
    arguments: dict


def build(source: Source, name: str, skeleton: Skeleton, options: Options):
    """Writes the records, whole or not at all, and prints the counts.

    Args:
        source: what was read.
        name: of the data set.
        skeleton: of the joints.
        options: what the flags say.

    Raises:
        InputError: nobody is usable, or the folder holds something else.
    """
    _refuse_twins(source.people)
    skipped = source.skipped.copy()
    with shards.whole_or_nothing(
        options.output_dir, shards.holds_records
    ) as folder:
        writer = shards.Writer(folder, options.num_shards)
        for annotation, result in _prepared(source.people, options):
            if not isinstance(result, bytes):
                skipped[result] += 1
                logging.warning("%s: %s", annotation.image_path, result)
                continue
            writer.write(
                split_of(annotation, options), annotation.image_id, result
            )
        writer.close()
        splits = writer.summary()
        if not any(split["persons"] for split in splits.values()):
            raise errors.InputError(
                f"--source={options.arguments.get('source')}: not one usable "
                f"person of {len(source.people)}: {dict(skipped)}"
            )
        shards.save_card(
            folder,
            name=name,
            skeleton=skeleton,
            box=options.rule.to_json(),
            arguments=options.arguments,
            splits=splits,
            skipped=dict(skipped),
        )
    for split_name, split in splits.items():
        print(
            f"{split_name}: {split['persons']} persons, "
            f"{split['images']} images"
        )
    print(f"skipped: {dict(skipped) or 'none'}\nwrote {options.output_dir}")


def split_of(annotation: Annotation, options: Options) -> str:
    """The split of a person: the official one, or by its image."""
    return shards.split_of(
        annotation.image_id,
        options.val_fraction,
        options.test_fraction,
        annotation.official,
    )


def _refuse_twins(people):
    """Ids hold the folder's name: two sources must not share it."""
    paths = {}
    for person in people:
        first = paths.setdefault(person.person_id, person.image_path)
        if first is not person.image_path:
            raise errors.InputError(
                f"--source: {first} and {person.image_path} would share the id "
                f"{person.person_id}; give each folder once, and its own name"
            )


def _prepared(people, options) -> Iterator[tuple]:
    """Each annotation with its record, or the reason why there is none."""

    def prepare(annotation):
        try:
            person = to_person(annotation, options.rule, options.max_side)
            return records.encode(person)
        except (pictures.Unreadable, person_box.NoBox) as reason:
            return str(reason)

    bar = tqdm.tqdm(total=len(people), unit="person", disable=None)
    with bar:
        for result in threads.in_order(prepare, people):
            yield result
            bar.update()


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
