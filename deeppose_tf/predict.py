"""Predicts poses in photos and videos; draws them and writes them as JSON.

python -m deeppose_tf.predict PHOTO...
python -m deeppose_tf.predict --model=saved_models/lsp --output_dir=out PHOTO...
"""

import pathlib

import tqdm
from absl import flags

from deeppose_tf import app
from deeppose_tf import errors
from deeppose_tf.inference import found_people
from deeppose_tf.inference import photo_boxes
from deeppose_tf.inference import photos
from deeppose_tf.inference import pose_files
from deeppose_tf.inference import predictor
from deeppose_tf.inference import video_files
from deeppose_tf.inference import video_poses
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions

_FEW = 30  # Photos for which it does not pay to optimize graphs.

_MODEL = flags.DEFINE_string(
    "model",
    str(versions.PRETRAINED),
    "saved_models/NAME, or one version of it; default: the pretrained model of "
    "the repository.",
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "out", "Folder for pictures, videos and JSON."
)
_BOX = flags.DEFINE_list(
    "box",
    None,
    "Box of the person: cx,cy,w,h in pixels of the upright photo; in a video, "
    "for all frames.",
)
_BOXES = flags.DEFINE_string(
    "boxes",
    None,
    'JSON file with the boxes of all people: {"photo.jpg": [[cx,cy,w,h], ...], '
    "...}, in pixels of the upright photo.",
)
_PEOPLE = flags.DEFINE_enum(
    "people",
    None,
    ["find", "whole"],
    "Where no boxes are given: find looks for people; whole takes the photo "
    "for one. Default: find, for models of people.",
)
_FINDER = flags.DEFINE_string(
    "finder",
    str(versions.FINDER),
    "What finds people: saved_models/NAME, or one version of it.",
)
_PEOPLE_EVERY = flags.DEFINE_integer(
    "people_every",
    5,
    "In a video, --people=find looks for people every so many frames, and uses "
    "their boxes for the frames in between.",
    lower_bound=1,
)


def main(argv):
    """Goes through the photos; an error in one does not stop the others."""
    paths = photos.find(argv[1:], video_files.SUFFIXES)
    if not paths:
        raise errors.InputError("name at least one photo, video or folder")
    boxes_of = _boxes(paths)
    if _PEOPLE.value == "find":
        saved_models.find_finder(_FINDER.value)
    model = saved_models.load(_MODEL.value)
    if len(paths) <= _FEW and not any(map(video_files.is_video, paths)):
        saved_models.start_fast()
    every = 1
    if boxes_of is None:
        boxes_of, every = _found_or_whole(model)
    folder = pathlib.Path(_OUTPUT_DIR.value)

    def draw(path):
        if video_files.is_video(path):
            message = _draw_video(folder, path, model, boxes_of, every)
        else:
            message = _draw_photo(folder, path, model, boxes_of)
        tqdm.tqdm.write(message)  # Without harm to the progress bar.

    photos.each(paths, draw)


def _boxes(paths):
    """A function of path and picture, None where no boxes are given."""
    given = (_BOX.value, _BOXES.value) != (None, None)
    if given and _PEOPLE.value:
        raise errors.InputError(
            "--box, --boxes and --people exclude each other; give one"
        )
    if not given:
        return None
    return photo_boxes.from_flags(_BOX.value, _BOXES.value, paths)


def _found_or_whole(model):
    """A function of path and picture, and how often it is asked in a video."""
    people = _PEOPLE.value
    if people is None:
        wanted = found_people.are_wanted(model.skeleton)
        people = "find" if wanted else "whole"
    if people == "whole":
        return photo_boxes.from_flags(None, None, []), 1
    rule = model.metadata["training_data"]["box"]
    finder = found_people.PersonFinder(_FINDER.value, rule)
    return finder, _PEOPLE_EVERY.value


def _draw_video(folder, path, model, boxes_of, every):
    drawn, empty = video_poses.write(folder, path, model, boxes_of, every)
    return f"wrote {drawn}" + f" ({empty} frames without people)" * bool(empty)


def _draw_photo(folder, path, model, boxes_of):
    image = photos.load(path)
    box = boxes_of(path, image)
    poses = predictor.of_picture(model, image, box)
    drawn = pose_files.write(
        folder, path, image, poses, model.skeleton, str(model.path)
    )
    nobody = " (nobody was found; --people=whole takes the photo for one)"
    return f"wrote {drawn}" + nobody * (not len(box))


if __name__ == "__main__":
    app.run(main)
