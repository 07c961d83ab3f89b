"""Writes records from a CSV file of people, for any skeleton.

python -m data_prep.build_csv --source=people.csv --skeleton=hand.json \
    --output_dir=data/hands
"""

import pathlib

from absl import flags

from data_prep.building import build
from data_prep.building import build_flags
from data_prep.sources import csv_table
from deeppose_tf.geometry import skeleton_files
from deeppose_tf.launch import app

_SOURCE = flags.DEFINE_string(
    "source",
    None,
    "CSV file; data_prep/sources/csv_table.py describes its columns.",
    required=True,
)
_SKELETON = flags.DEFINE_string(
    "skeleton",
    None,
    "lsp, flic, mpii, coco, or a JSON file; see "
    "deeppose_tf/geometry/skeleton_files.py.",
    required=True,
)
_FIRST_PIXEL = flags.DEFINE_enum(
    "first_pixel",
    "0",
    ["0", "0.5", "1"],
    "Coordinate of the first pixel's center: 0 as in NumPy and OpenCV, 1 as in "
    "MATLAB, 0.5 where the image spans 0 to its width.",
)
_FLAGS = build_flags.BuilderFlags(
    box="joints",
    boxes={
        "annotated": "the box columns of the file",
        "joints": "around the labeled joints",
        "image": "the whole image",
    },
    box_scale=1.25,
    official="The split column of the file is official.",
)


def main(argv):
    """Reads the source, writes the shards, prints the counts."""
    app.refuse_arguments(argv)
    skeleton = skeleton_files.from_flag(_SKELETON.value)
    source = csv_table.read(
        _SOURCE.value,
        skeleton,
        float(_FIRST_PIXEL.value),
        _FLAGS.allow_outside,
    )
    options = _FLAGS.options()
    name = pathlib.Path(options.output_dir).resolve().name
    build.build(source, name, skeleton, options)


if __name__ == "__main__":
    app.run(main)
