"""Writes records from FLIC or FLIC-full.

python -m data_prep.build_flic --source=FLIC --output_dir=data/flic
"""

import dataclasses

from absl import app
from absl import flags
from absl import logging

from data_prep.building import build
from data_prep.building import build_flags
from data_prep.building import person_box
from data_prep.sources import flic
from deeppose_tf import errors
from deeppose_tf.geometry import skeletons

_SOURCE = flags.DEFINE_string(
    "source", None, "Folder with examples.mat and images/.", required=True
)
_TRAIN_INDICES = flags.DEFINE_string(
    "train_indices",
    None,
    "tr_plus_indices.mat of FLIC-plus: who of FLIC-full is trained on.",
)
_OPTIONS = build_flags.define(
    box="annotated",
    boxes={
        "annotated": "FLIC's torso box",
        "joints": "around the labeled joints",
        "image": "the whole image",
    },
    box_scale=None,
    official="FLIC has an official split, which is kept.",
    test_fraction=None,
)


def main(argv):
    """Reads the source, writes the shards, prints the counts."""
    errors.refuse_arguments(argv)
    options = _OPTIONS()
    source = flic.read(_SOURCE.value, _TRAIN_INDICES.value)
    if options.rule.scale is None:
        options = _holding_all_joints(options, source)
    build.build(source, "flic", skeletons.FLIC, options)


def _holding_all_joints(options, source):
    rule = options.rule
    scale = 1.0
    if rule.kind == "annotated":
        seen = [p for p in source.people if p.official == "train"]
        if not seen:
            raise errors.InputError(
                "--box_scale: there is no training person that it could be "
                "fitted to; name a number"
            )
        scale = person_box.scale_that_holds(seen, rule.square)
        logging.info("--box_scale=%g holds every training joint", scale)
    rule = dataclasses.replace(rule, scale=scale)
    return dataclasses.replace(options, rule=rule)


if __name__ == "__main__":
    app.run(errors.one_line(main))
