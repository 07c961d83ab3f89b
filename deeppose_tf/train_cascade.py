"""Trains all stages of a cascade, one after the other.

python -m deeppose_tf.train_cascade flags/cpu --data_dir=data/mine \
    --cascade_dir=runs/mine

The folder's flag files stage1.cfg, stage2.cfg... say how each stage is trained.
Further flags, those of deeppose_tf.train, override them in every stage.
"""

import pathlib

from absl import flags
from absl import logging

from deeppose_tf import errors
from deeppose_tf.launch import app
from deeppose_tf.launch import lazy
from deeppose_tf.launch import stage_process
from deeppose_tf.runs import recipes
from deeppose_tf.runs import train_flags

with lazy.imports():
    from deeppose_tf.training import devices

_CASCADE_DIR = flags.DEFINE_string(
    "cascade_dir",
    None,
    "Folder for the run folders, e.g. runs/mine: stage 1 is trained in "
    "runs/mine/stage1 and so on, and the cascade exported to "
    "saved_models/mine. Default: what the flag files say.",
)
_FLAGS = train_flags.TrainFlags(required=False)
# Each stage has its own.
_OF_A_STAGE = ("stage", "run_dir", "previous")


def main(argv):
    """Checks all stages, then trains each in a process of its own."""
    folder = _folder(argv)
    cascade_dir = _CASCADE_DIR.value and pathlib.Path(_CASCADE_DIR.value)
    recipe = recipes.load(folder, _given(), cascade_dir)
    devices.leave_gpus()
    recipes.check(recipe)
    for number, stage in enumerate(recipe, start=1):
        logging.info("Stage %d of the %d in %s", number, len(recipe), folder)
        stage_process.train(stage.arguments)


def _folder(argv):
    if len(argv) != 2:
        raise errors.InputError(
            f"words {argv[1:]}: want one folder of flag files, such as "
            "flags/cpu; flags are written --name=value"
        )
    return pathlib.Path(argv[1])


def _given():
    """The flags of every stage, by name."""
    given = _FLAGS.given
    for name in _OF_A_STAGE:
        if name in given:
            raise errors.InputError(
                f"{given[name]}: each stage has its own; name the folder of "
                "them all with --cascade_dir"
            )
    return given


if __name__ == "__main__":
    app.run(main)
