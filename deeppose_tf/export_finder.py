"""Writes the person finder: MoveNet MultiPose, out of a package's files.

python -m deeppose_tf.export_finder --weights=movenet-multipose.json \
    --export_dir=saved_models/person_finder
"""

import pathlib

from absl import flags

from deeppose_tf import errors
from deeppose_tf.launch import app
from deeppose_tf.launch import lazy

with lazy.imports():
    from deeppose_tf.serving import person_finder

_WEIGHTS = flags.DEFINE_string(
    "weights",
    None,
    "movenet-multipose.json, with its .bin file beside it; docs/inference.md "
    "says where to get them.",
    required=True,
)
_EXPORT_DIR = flags.DEFINE_string(
    "export_dir", None, "saved_models/NAME.", required=True
)


def main(argv):
    """Writes the next version."""
    app.refuse_arguments(argv)
    weights = pathlib.Path(_WEIGHTS.value)
    if not weights.is_file():
        raise errors.InputError(
            f"--weights={weights}: no such file; docs/inference.md says where "
            "to get it"
        )
    version = person_finder.export(weights, pathlib.Path(_EXPORT_DIR.value))
    print(f"wrote {version}")


if __name__ == "__main__":
    app.run(main)
