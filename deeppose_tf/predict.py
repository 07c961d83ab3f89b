"""Draws the pose on one's own photos, and writes it as JSON.

python -m deeppose_tf.predict --model=saved_models/lsp --output_dir=out PHOTO...
"""

import json
import pathlib
import sys

import numpy as np
from absl import app
from absl import flags

from deeppose_tf import drawing
from deeppose_tf import errors
from deeppose_tf import photos
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
    box = _box()
    model = saved_models.load(_MODEL.value)
    folder = pathlib.Path(_OUTPUT_DIR.value)
    bad = 0
    for path in paths:
        try:
            image = photos.load(path)
        except errors.InputError as error:
            print(f"error: {error}", file=sys.stderr)
            bad += 1
            continue
        joints = _predict(model, image, box)
        folder.mkdir(parents=True, exist_ok=True)
        picture = folder / f"{path.stem}{photos.DRAWN}"
        drawing.save_pose(picture, image, joints[None], model.skeleton)
        _save_json(
            folder / f"{path.stem}.pose.json", path, image, joints, model
        )
        print(f"wrote {picture}")
    if bad:
        sys.exit(f"error: {bad} of {len(paths)} photos could not be read")


def _box():
    if _BOX.value is None:
        return [0.0, 0.0, 0.0, 0.0]  # The graph's word for the whole image.
    try:
        box = [float(number) for number in _BOX.value]
    except ValueError:
        box = []
    if len(box) != 4 or not np.isfinite(box).all() or min(box[2:]) <= 0:
        raise errors.InputError(
            f"--box={','.join(_BOX.value)}: want cx,cy,w,h in pixels, w and h "
            "above 0"
        )
    return box


def _predict(model, image, box):
    answer = model.signatures["image_tensor"](
        image=image[None], box=np.array([box], np.float32)
    )
    return answer["joints"].numpy()[0]


def _save_json(json_path, path, image, joints, model):
    rounded = np.round(joints.astype(float), 2).tolist()
    values = {
        "image": str(path),
        "width": image.shape[1],
        "height": image.shape[0],
        "model": str(model.path),
        "joints": dict(zip(model.skeleton.joints, rounded, strict=True)),
    }
    json_path.write_text(json.dumps(values, indent=1) + "\n")


if __name__ == "__main__":
    app.run(errors.one_line(main))
