"""Writes records from LSP and LSP Extended, or folders in their layout.

python -m data_prep.build_lsp --source=lsp --source=lspet --output_dir=data/lsp
"""

import collections

import tqdm
from absl import app
from absl import flags
from absl import logging

from data_prep import lsp_source
from data_prep import person_box
from data_prep import pictures
from data_prep import shards
from deeppose_tf import boxes
from deeppose_tf import errors
from deeppose_tf import records
from deeppose_tf import skeletons

_SOURCE = flags.DEFINE_multi_string(
    "source",
    None,
    "Folder with joints.mat and images/; give it twice for two sources.",
    required=True,
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "Folder for records and dataset.json.", required=True
)
_NUM_SHARDS = flags.DEFINE_integer(
    "num_shards", 8, "Record files a split.", lower_bound=1
)
_TEST_FRACTION = flags.DEFINE_float(
    "test_fraction",
    0.0,
    "Share of images to test on, where the source has no official split.",
    lower_bound=0.0,
    upper_bound=1.0,
)
_VAL_FRACTION = flags.DEFINE_float(
    "val_fraction",
    0.05,
    "Share of the training images to validate on.",
    lower_bound=0.0,
    upper_bound=1.0,
)
_BOX = flags.DEFINE_enum(
    "box",
    "image",
    ["image", "joints"],
    "b0: the whole image, as in the paper, or the box around the joints.",
)
_BOX_SCALE = flags.DEFINE_float(
    "box_scale", 1.0, "Factor of the box's sides.", lower_bound=0.1
)
_SQUARE = flags.DEFINE_bool("square", True, "Whether b0 is made square.")
_MAX_SIDE = flags.DEFINE_integer(
    "max_side",
    None,
    "Shrinks larger images to this many pixels on the longer side.",
    lower_bound=16,
)


def main(argv):
    """Reads the sources, writes the shards, prints the counts."""
    errors.refuse_arguments(argv)
    rule = person_box.Rule(_BOX.value, _BOX_SCALE.value, _SQUARE.value)
    people = [person for s in _SOURCE.value for person in lsp_source.read(s)]
    _refuse_twins(people)
    arguments = {
        flag.name: flag.value
        for flag in flags.FLAGS.get_key_flags_for_module(argv[0])
    }
    skipped = collections.Counter()
    with shards.whole_or_nothing(
        _OUTPUT_DIR.value, shards.holds_records
    ) as folder:
        writer = shards.Writer(folder, _NUM_SHARDS.value)
        for annotation in tqdm.tqdm(people, unit="person", disable=None):
            try:
                person = to_person(annotation, rule, _MAX_SIDE.value)
            except (pictures.Unreadable, person_box.NoBox) as reason:
                skipped[str(reason)] += 1
                logging.warning("%s: %s", annotation.image_path, reason)
                continue
            split = shards.split_of(
                annotation.image_id,
                _VAL_FRACTION.value,
                _TEST_FRACTION.value,
                annotation.official,
            )
            writer.write(split, person)
        writer.close()
        splits = writer.summary()
        if not any(split["persons"] for split in splits.values()):
            raise errors.InputError(
                f"--source={_SOURCE.value}: not one usable person of "
                f"{len(people)}: {dict(skipped)}"
            )
        shards.save_card(
            folder,
            name="lsp",
            skeleton=skeletons.LSP,
            box=rule.to_json(),
            arguments=arguments,
            splits=splits,
            skipped=dict(skipped),
        )
    for name, split in splits.items():
        print(f"{name}: {split['persons']} persons, {split['images']} images")
    print(f"skipped: {dict(skipped) or 'none'}\nwrote {_OUTPUT_DIR.value}")


def _refuse_twins(people):
    """Ids hold the folder's name: two sources must not share it."""
    paths = {}
    for person in people:
        first = paths.setdefault(person.image_id, person.image_path)
        if first is not person.image_path:
            raise errors.InputError(
                f"--source: {first} and {person.image_path} would share the id "
                f"{person.image_id}; give each folder once, and its own name"
            )


def to_person(annotation, rule, max_side) -> records.Person:
    """One annotated person as a record's content.

    Raises:
        Unreadable, NoBox: the person cannot be used, and why.
    """
    image, (width, height), scale = pictures.load_jpeg(
        annotation.image_path, max_side
    )
    joints = annotation.joints * scale
    box = rule.box(joints, annotation.labeled, height, width)
    normalized = boxes.normalize(joints, box)
    normalized[~annotation.labeled] = 0.0
    return records.Person(
        image=image,
        height=height,
        width=width,
        image_id=annotation.image_id,
        person_id=annotation.image_id,
        box=box,
        joints=normalized,
        labeled=annotation.labeled,
        visible=annotation.visible,
    )


if __name__ == "__main__":
    app.run(errors.one_line(main))
