"""The options of a builder."""

import dataclasses

from data_prep.building import person_box


@dataclasses.dataclass(frozen=True)
class Options:
    """How records are built.

    Attributes:
        output_dir: for records and dataset.json.
        rule: of b0.
        num_shards: record files a split.
        val_fraction: share of the training images that validate.
        test_fraction: share of images to test on, where no split is official.
        max_side: larger images are shrunk to it, None for never.
        arguments: of the program, for dataset.json.
        upright: whether pictures are turned as their EXIF orientation says.
        check_pictures: whether each is decoded, to find damage.
        beam: options of an Apache Beam pipeline, None to build in this process.
    """

    output_dir: str
    rule: person_box.Rule
    num_shards: int
    val_fraction: float
    test_fraction: float
    max_side: int | None
    arguments: dict
    upright: bool = False
    check_pictures: bool = False
    beam: tuple[str, ...] | None = None
