"""Writes records from MPII Human Pose.

python -m data_prep.build_mpii --source=mpii --test_list=val_images.txt \
    --output_dir=data/mpii
"""

from absl import flags

from data_prep.building import build
from data_prep.building import build_flags
from data_prep.sources import mpii
from deeppose_tf.geometry import skeletons
from deeppose_tf.launch import app

_SOURCE = flags.DEFINE_string(
    "source",
    None,
    "Folder with the official MAT file or JSON lists, and images/.",
    required=True,
)
_TEST_LIST = flags.DEFINE_string(
    "test_list",
    None,
    "Test images: a text file with a name a line, or a JSON list of persons, "
    "such as the validation list in common use. Default: --test_fraction of "
    "the images, a tenth.",
)
_FLAGS = build_flags.BuilderFlags(
    box="annotated",
    boxes={
        "annotated": "MPII's position and scale",
        "joints": "around the labeled joints",
        "image": "the whole image",
    },
    box_scale=1.25,
    official="With --test_list every image has an official split.",
    test_fraction=0.1,
)


def main(argv):
    """Reads the source, writes the shards, prints the counts."""
    app.refuse_arguments(argv)
    if _TEST_LIST.value is not None:
        build_flags.refuse_test_fraction("--test_list names the test images")
    options = _FLAGS.options()
    source = mpii.read(_SOURCE.value, _TEST_LIST.value, _FLAGS.allow_outside)
    build.build(source, "mpii", skeletons.MPII, options)


if __name__ == "__main__":
    app.run(main)
