"""Writes records from FLIC or FLIC-full.

python -m data_prep.build_flic --source=FLIC --output_dir=data/flic
"""

import dataclasses

from absl import flags
from absl import logging

from data_prep.building import build
from data_prep.building import build_flags
from data_prep.building import person_box
from data_prep.sources import flic
from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.launch import app

_SOURCE = flags.DEFINE_string(
    "source", None, "Folder with examples.mat and images/.", required=True
)
_TRAIN_INDICES = flags.DEFINE_string(
    "train_indices",
    None,
    "tr_plus_indices.mat of FLIC-plus: the training people of FLIC-full.",
)
_FLAGS = build_flags.BuilderFlags(
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
    app.refuse_arguments(argv)
    options = _FLAGS.options()
    source = flic.read(
        _SOURCE.value, _TRAIN_INDICES.value, _FLAGS.allow_outside
    )
    if options.rule.scale is None:
        options = _with_fitted_scale(options, source)
    build.build(source, "flic", skeletons.FLIC, options)


def _with_fitted_scale(options, source):
    """The options with the scale at which boxes enclose all joints."""
    rule = options.rule
    scale = 1.0
    if rule.kind == "annotated":
        people = [p for p in source.people if p.official == "train"]
        if not people:
            raise errors.InputError(
                "--box_scale: there is no training person to fit it to; give a "
                "number"
            )
        scale = person_box.enclosing_scale(people, rule.square)
        logging.info("--box_scale=%g encloses every training joint", scale)
    rule = dataclasses.replace(rule, scale=scale)
    return dataclasses.replace(options, rule=rule)


if __name__ == "__main__":
    app.run(main)
