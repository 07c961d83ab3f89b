"""Predicts the poses in a video; writes a drawn video and JSON lines."""

import contextlib
import itertools
import json
import pathlib
from collections.abc import Callable

import numpy as np
import tqdm

from deeppose_tf import files
from deeppose_tf.inference import pose_files
from deeppose_tf.inference import predictor
from deeppose_tf.inference import video_files
from deeppose_tf.serving import saved_models
from deeppose_tf.visualization import pose_overlay

_SUFFIXES = (".jsonl", ".json", ".mp4")


def write(
    folder: pathlib.Path,
    path: pathlib.Path,
    model: saved_models.Loaded,
    boxes_of: Callable[[pathlib.Path, np.ndarray], np.ndarray],
    every: int = 1,
) -> tuple[pathlib.Path, int]:
    """Writes NAME.pose.mp4, NAME.pose.jsonl and NAME.pose.json, or none.

    Args:
        folder: for the three files; it is made.
        path: of the video.
        model: the cascade.
        boxes_of: function of the path and a frame: float32 [people, 4].
        every: `boxes_of` is called every so many frames; its boxes are used
            for the frames in between.

    Returns:
        The path of the drawn video, and the number of frames without people.

    Raises:
        InputError: the video cannot be read to its end.
    """
    outputs = [folder / f"{path.stem}.pose{suffix}" for suffix in _SUFFIXES]
    folder.mkdir(parents=True, exist_ok=True)
    with video_files.opened(path) as video, contextlib.ExitStack() as stack:
        lines, card, drawn = (
            stack.enter_context(files.atomic(output)) for output in outputs
        )
        frames = _poses(path, video, model, boxes_of, every)
        with video_files.Writer(drawn, video.rate) as writer:
            counts = _write(lines, writer, frames, model.skeleton)
        values = {
            "video": str(path),
            "frames_per_second": video.rate,
            "model": str(model.path),
            **counts,
        }
        files.save(card, values)
    return outputs[-1], counts["frames_without_people"]


def _write(lines, writer, frames, skeleton):
    """Writes the frames of `_poses`; returns their size and counts."""
    count, without_people = 0, 0
    with lines.open("w") as out:
        for seconds, image, poses in frames:
            drawn = pose_overlay.draw(
                image, poses.joints, skeleton, poses.scores
            )
            writer.add(drawn)
            people = pose_files.to_json(poses, skeleton)
            line = {"time": round(seconds, 4), "people": people}
            out.write(json.dumps(line) + "\n")
            count, without_people = count + 1, without_people + (not people)
    return {
        "width": image.shape[1],
        "height": image.shape[0],
        "frames": count,
        "frames_without_people": without_people,
    }


def _poses(path, video, model, boxes_of, every):
    """Yields (seconds, image, poses) of each frame."""
    bar = tqdm.tqdm(
        video.frames,
        desc=path.name,
        total=video.count,
        unit="frame",
        leave=False,
        disable=None,  # A bar on a terminal only.
    )
    with contextlib.closing(bar):
        frames = _with_boxes(path, bar, boxes_of, every)
        for batch in _batches(frames):
            seconds, images, boxes = zip(*batch, strict=True)
            poses = predictor.of_pictures(model, np.stack(images), list(boxes))
            yield from zip(seconds, images, poses, strict=True)


def _with_boxes(path, frames, boxes_of, every):
    """Yields (seconds, image, float32 [people, 4]) of each frame."""
    for i, (seconds, image) in enumerate(frames):
        if i % every == 0:
            box = boxes_of(path, image)
        yield seconds, image, box


def _batches(frames):
    """Yields lists of frames that fit into one call, which bounds memory."""
    for first in frames:
        more = predictor.people_per_call(first[1].nbytes) - 1
        yield [first, *itertools.islice(frames, more)]
