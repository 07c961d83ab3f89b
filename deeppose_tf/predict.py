"""Draws the poses on one's own photos and videos, and writes them as JSON.

python -m deeppose_tf.predict PHOTO...
python -m deeppose_tf.predict --model=saved_models/lsp --output_dir=out PHOTO...
"""

import pathlib

import tqdm
from absl import app
from absl import flags

from deeppose_tf import errors
from deeppose_tf import extras
from deeppose_tf.inference import person_detector
from deeppose_tf.inference import photo_boxes
from deeppose_tf.inference import photos
from deeppose_tf.inference import pose_files
from deeppose_tf.inference import predictor
from deeppose_tf.inference import video_poses
from deeppose_tf.inference import videos
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions

_MODEL = flags.DEFINE_string(
    "model",
    str(versions.SHIPPED),
    "saved_models/NAME, or one version of it; default the one that comes with "
    "the repository.",
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "out", "Folder for pictures, videos and JSON."
)
_BOX = flags.DEFINE_list(
    "box",
    None,
    "The person's box: cx,cy,w,h in pixels of the upright photo; default the "
    "whole photo. In a video it holds for all frames.",
)
_BOXES = flags.DEFINE_string(
    "boxes",
    None,
    'JSON file of everybody\'s boxes: {"photo.jpg": [[cx,cy,w,h], ...], ...}, '
    "in pixels of the upright photo.",
)
_PEOPLE = flags.DEFINE_enum(
    "people", None, ["auto"], "auto: OpenCV's HOG detector finds the people."
)
_PEOPLE_EVERY = flags.DEFINE_integer(
    "people_every",
    5,
    "--people=auto looks at every so many frames of a video; boxes hold in "
    "between.",
    lower_bound=1,
)


def main(argv):
    """Goes through the photos; a bad one is named, and the rest go on."""
    paths = photos.find(argv[1:], videos.SUFFIXES)
    if not paths:
        raise errors.InputError("name one photo, video or folder, or several")
    boxes_of = _boxes(paths)
    model = saved_models.load(_MODEL.value)
    if _PEOPLE.value:
        boxes_of = person_detector.Finder(
            model.metadata["training_data"]["box"]
        )
    folder = pathlib.Path(_OUTPUT_DIR.value)

    def work(path):
        if videos.is_video(path):
            every = _PEOPLE_EVERY.value if _PEOPLE.value else 1
            drawn, empty = video_poses.write(
                folder, path, model, boxes_of, every
            )
            _say(f"wrote {drawn}" + f" ({empty} frames: nobody)" * bool(empty))
        else:
            _say(f"wrote {_photo(folder, path, model, boxes_of)}")

    photos.each(paths, work)


def _boxes(paths):
    """A function of path and picture; what is wrong is told before loading."""
    if _PEOPLE.value:
        if (_BOX.value, _BOXES.value) != (None, None):
            raise errors.InputError(
                "--box, --boxes and --people each say where people are: give "
                "one"
            )
        extras.opencv("--people=auto")
    return photo_boxes.from_flags(_BOX.value, _BOXES.value, paths)


def _photo(folder, path, model, boxes_of):
    image = photos.load(path)
    box = boxes_of(path, image)
    if _PEOPLE.value and not len(box):
        _say(f"{path}: nobody found; takes the whole picture for a person")
        box = photo_boxes.from_flag(None)
    found = predictor.of_picture(model, image, box)
    return pose_files.write(
        folder, path, image, found, model.skeleton, str(model.path)
    )


def _say(line):
    """A line that a progress bar leaves alone."""
    tqdm.tqdm.write(line)


if __name__ == "__main__":
    app.run(errors.one_line(main))
