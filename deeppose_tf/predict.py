"""Draws the pose on one's own photos, and writes it as JSON.

python -m deeppose_tf.predict --model=saved_models/lsp --output_dir=out PHOTO...
"""

import pathlib

import numpy as np
from absl import app
from absl import flags

from deeppose_tf import errors
from deeppose_tf import photo_boxes
from deeppose_tf import photos
from deeppose_tf import poses
from deeppose_tf import saved_models

_MODEL = flags.DEFINE_string(
    "model", None, "saved_models/NAME, or one version of it.", required=True
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "Folder for pictures and JSON.", required=True
)
_BOX = flags.DEFINE_list(
    "box",
    None,
    "The person's box: cx,cy,w,h in pixels of the upright photo; default the "
    "whole photo.",
)


def main(argv):
    """Goes through the photos; a bad one is named, and the rest go on."""
    paths = photos.find(argv[1:])
    if not paths:
        raise errors.InputError("name one photo or folder, or several")
    box = photo_boxes.from_flag(_BOX.value)
    model = saved_models.load(_MODEL.value)
    folder = pathlib.Path(_OUTPUT_DIR.value)

    def draw(path):
        image = photos.load(path)
        found = _predict(model, image, box)
        drawn = poses.write(
            folder, path, image, found, model.skeleton, str(model.path)
        )
        print(f"wrote {drawn}")

    photos.each(paths, draw)


def _predict(model, image, box):
    answer = model.signatures["image_tensor"](
        image=np.repeat(image[None], len(box), axis=0), box=box
    )
    return poses.Poses(box, answer["joints"].numpy(), answer["scores"].numpy())


if __name__ == "__main__":
    app.run(errors.one_line(main))
