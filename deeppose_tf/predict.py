"""Predicts poses in photos and videos; draws them and writes them as JSON.

python -m deeppose_tf.predict PHOTO...
python -m deeppose_tf.predict --model=saved_models/lsp --output_dir=out PHOTO...
"""

import functools
import os

import tqdm
from absl import flags
from absl import logging

from deeppose_tf import errors
from deeppose_tf import extras
from deeppose_tf.inference import coco_results
from deeppose_tf.inference import found_people
from deeppose_tf.inference import photo_flags
from deeppose_tf.inference import photo_paths
from deeppose_tf.inference import photos
from deeppose_tf.inference import pose_files
from deeppose_tf.inference import predictor
from deeppose_tf.launch import app
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions
from deeppose_tf.videos import following
from deeppose_tf.videos import video_files
from deeppose_tf.videos import video_poses

_FEW = 30  # Photos for which it does not pay to optimize graphs.

_MODEL = flags.DEFINE_string(
    "model",
    None,
    "saved_models/NAME, or one version of it. Default: of photos the "
    "pretrained model saved_models/lsp_extended; of videos, where LiteRT is "
    "installed, saved_models/lsp_extended_lite, five times as fast on a CPU "
    "and less exact.",
)
_FLAGS = photo_flags.PhotoFlags(
    finds="looks for people",
    one_box_in="photo; in a video, for all frames",
)
_FINDER = flags.DEFINE_string(
    "finder",
    str(versions.FINDER),
    "What finds people: saved_models/NAME, or one version of it.",
)
_PEOPLE_EVERY = flags.DEFINE_integer(
    "people_every",
    30,
    "In a video, --people=find looks for people every so many frames, and "
    "follows them by their poses in between.",
    lower_bound=1,
)
_SMOOTH = flags.DEFINE_bool(
    "smooth", False, "In a video, joints are filtered over time (One Euro)."
)
_FORMAT = flags.DEFINE_enum(
    "format",
    "json",
    ["json", "coco"],
    "json writes NAME.pose.json for each photo; coco one keypoints.json for "
    "all, COCO's keypoint results.",
)


def main(argv):
    """Goes through the photos; an error in one does not stop the others."""
    names = argv[1:]
    # COCO's results are of photos; a folder's videos are left out of them.
    more = () if _FORMAT.value == "coco" else video_files.SUFFIXES
    paths = _FLAGS.paths(names, more)
    _check_format(paths)
    if _FLAGS.people == "find":
        saved_models.find_finder(_FINDER.value)
    kinds = {video_files.is_video(path) for path in paths}
    if True in kinds and _MODEL.value is None and not _has_litert():
        logging.warning(
            "LiteRT is not installed: videos have saved_models/lsp_extended, "
            "in five times the time of saved_models/lsp_extended_lite; %s",
            extras.installation("video"),
        )
    by_model = _by_model(paths, {*map(_model_name, kinds)})
    if len(paths) <= _FEW and kinds == {False}:
        saved_models.start_fast()
    results = _results(paths, by_model)

    def draw(path):
        folder = _FLAGS.output_dir / photo_paths.below(path, names)
        is_video = video_files.is_video(path)
        model, boxes_of = by_model[_model_name(is_video)]
        if is_video:
            message = _draw_video(folder, path, model, boxes_of)
        else:
            message = _draw_photo(folder, path, model, boxes_of, results)
        tqdm.tqdm.write(message)  # Without harm to the progress bar.

    failure = None
    try:
        photos.each(paths, draw, photo_paths.clashes(paths, names))
    except errors.InputError as error:  # Of some photos, told at the end.
        failure = error
    if results is not None and results.num_photos:
        print(f"wrote {results.save(_FLAGS.output_dir)}")
    if failure is not None:
        raise failure


def _check_format(paths):
    videos = [path for path in paths if video_files.is_video(path)]
    if _FORMAT.value == "coco" and videos:
        raise errors.InputError(
            f"{videos[0]}: --format=coco is for photos; predict videos "
            "without it"
        )


def _model_name(is_video):
    """The value of --model, or its default for a photo or a video."""
    if _MODEL.value is not None:
        return _MODEL.value
    lite = is_video and _has_litert()
    return str(versions.PRETRAINED_LITE if lite else versions.PRETRAINED)


def _has_litert():
    return extras.is_installed(extras.LITERT)


def _by_model(paths, names):
    """For each name the model, and its function of path and picture."""
    by_model, by_rule = {}, {}
    for name in names:
        model = saved_models.load(name)
        rule = repr((model.skeleton, model.metadata["training_data"]["box"]))
        # Both defaults have one finder, or one file of boxes.
        if rule not in by_rule:
            by_rule[rule] = _boxes(paths, model)
        by_model[name] = model, by_rule[rule]
    return by_model


def _boxes(paths, model):
    """A function of path and picture."""
    rule = model.metadata["training_data"]["box"]
    given = _FLAGS.boxes_are_given()
    if not given and found_people.are_asked_for(_FLAGS.people, model.skeleton):
        return found_people.PersonFinder(_FINDER.value, rule)
    around = functools.partial(found_people.around_people, rule=rule)
    return _FLAGS.boxes_of(paths, around)


def _results(paths, by_model):
    if _FORMAT.value != "coco":
        return None
    ((model, boxes_of),) = by_model.values()
    ids = getattr(boxes_of, "image_ids", {})
    found = [path for path in paths if os.path.isfile(path)]
    return coco_results.Results(model.skeleton, found, ids)


def _draw_video(folder, path, model, boxes_of):
    people = boxes_of
    if isinstance(boxes_of, found_people.PersonFinder):
        people = following.Follower(
            boxes_of, boxes_of.around, _PEOPLE_EVERY.value
        )
    drawn, empty = video_poses.write(
        folder, path, model, people, _SMOOTH.value, _FLAGS.min_score
    )
    return f"wrote {drawn}" + f" ({empty} frames without people)" * bool(empty)


def _draw_photo(folder, path, model, boxes_of, results):
    image = photos.load(path)
    box = boxes_of(path, image)
    poses = predictor.of_picture(model, image, box)
    drawn = pose_files.write_drawing(
        folder, path, image, poses, model.skeleton, _FLAGS.min_score
    )
    if results is None:
        pose_files.write_json(
            folder, path, image, poses, model.skeleton, str(model.path)
        )
    else:
        results.add(path, poses)
    nobody = not len(box) and isinstance(boxes_of, found_people.PersonFinder)
    return f"wrote {drawn}" + found_people.NOBODY * nobody


if __name__ == "__main__":
    app.run(main)
