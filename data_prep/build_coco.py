"""Writes records from COCO's person keypoints.

python -m data_prep.build_coco --source=coco --output_dir=data/coco
"""

from absl import flags

from data_prep.building import build
from data_prep.building import build_flags
from data_prep.sources import coco
from deeppose_tf.geometry import skeleton_files
from deeppose_tf.launch import app

_SOURCE = flags.DEFINE_string(
    "source",
    None,
    "Folder with annotations/person_keypoints_NAME.json and pictures in NAME/.",
    required=True,
)
_SKELETON = flags.DEFINE_string(
    "skeleton",
    None,
    "lsp, flic, mpii, coco, or a JSON file, as of build_csv. Default: the one "
    "that the files' categories name, COCO's where they name none.",
)
_FLAGS = build_flags.BuilderFlags(
    box="annotated",
    boxes={
        "annotated": "COCO's box of the person",
        "joints": "around the labeled joints",
        "image": "the whole image",
    },
    box_scale=1.25,
    official="People of val folders are tested on.",
    test_fraction=None,
)


def main(argv):
    """Reads the source, writes the shards, prints the counts."""
    app.refuse_arguments(argv)
    options = _FLAGS.options()
    skeleton = None
    if _SKELETON.value is not None:
        skeleton = skeleton_files.from_flag(_SKELETON.value)
    source = coco.read(_SOURCE.value, skeleton, _FLAGS.allow_outside)
    build.build(source, "coco", source.skeleton, options)


if __name__ == "__main__":
    app.run(main)
