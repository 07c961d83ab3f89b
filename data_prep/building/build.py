"""Writes records and dataset.json from annotations, for all builders."""

from data_prep.building import local_build
from data_prep.building import output_folder
from data_prep.building import shards
from data_prep.building.build_options import Options
from data_prep.sources import annotations
from data_prep.sources.annotations import Source
from deeppose_tf import errors
from deeppose_tf import extras
from deeppose_tf.geometry.skeletons import Skeleton


def build(source: Source, name: str, skeleton: Skeleton, options: Options):
    """Writes a complete output folder or none, and prints the counts.

    Args:
        source: the annotations.
        name: of the data set.
        skeleton: of the joints.
        options: of `build_flags`.

    Raises:
        InputError: nobody is usable, or the folder holds something else.
    """
    write = _writer(options)
    if not source.unique:
        annotations.check_ids(source.people)
    with output_folder.atomic(
        options.output_dir, output_folder.holds_records
    ) as folder:
        counts = write(source.people, folder, options)
        skipped = dict(sorted((source.skipped + counts.skipped).items()))
        splits = shards.summary(folder, counts)
        if not counts.persons:
            raise _nobody_usable(source.people, skipped, options)
        output_folder.save_card(
            folder,
            name=name,
            skeleton=skeleton,
            box=options.rule.to_json(),
            arguments=options.arguments,
            splits=splits,
            skipped=skipped,
            warnings=dict(counts.warnings),
            official_split=any(p.official is not None for p in source.people),
        )
    for split_name, split in splits.items():
        print(
            f"{split_name}: {split['persons']} persons, "
            f"{split['images']} images"
        )
    print(f"skipped: {skipped or 'none'}")
    for warning, number in counts.warnings.items():
        print(f"warning: {number} persons: picture {warning}")
    for split_name, share in _wanted(options).items():
        if share and not splits.get(split_name, {}).get("persons"):
            print(
                f"warning: nobody for {split_name}: --{split_name}_fraction="
                f"{share:g} of so few pictures came to none; raise it, or name "
                "the splits in the source"
            )
    print(f"wrote {options.output_dir}")


def _wanted(options):
    return {"val": options.val_fraction, "test": options.test_fraction}


def _writer(options):
    if options.beam is None:
        return local_build.write
    # Imported only here: it takes seconds.
    beam_build = extras.load(
        "data_prep.building.beam_build", wanted_by="--beam", extra="beam"
    )
    return beam_build.write


def _nobody_usable(people, skipped, options):
    hint = "".join(
        f"; the first picture should be {person.image_path}"
        for person in people[:1]
    )
    return errors.InputError(
        f"--source={options.arguments.get('source')}: not one usable person of "
        f"{len(people)}: {skipped}{hint}"
    )
