"""Poses in a video, and what is written of them: a drawing and JSON lines."""

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
from deeppose_tf.inference import videos
from deeppose_tf.serving import saved_models
from deeppose_tf.visualization import frame_drawing


def write(
    folder: pathlib.Path,
    path: pathlib.Path,
    model: saved_models.Loaded,
    boxes_of: Callable[[pathlib.Path, np.ndarray], np.ndarray],
    every: int = 1,
) -> tuple[pathlib.Path, int]:
    """Writes NAME.pose.mp4, NAME.pose.jsonl and NAME.pose.json, or none.

    Args:
        folder: where to; it is made.
        path: of the video.
        model: the cascade.
        boxes_of: function of the path and a frame: float32 [people, 4].
        every: boxes are asked for in every so many frames, and hold in between.

    Returns:
        The path of the drawing, and in how many frames there was nobody.

    Raises:
        InputError: the video cannot be read to its end.
    """
    outputs = [
        folder / f"{path.stem}.pose{suffix}"
        for suffix in (".jsonl", ".json", ".mp4")
    ]
    folder.mkdir(parents=True, exist_ok=True)
    with videos.opened(path) as video, contextlib.ExitStack() as written:
        lines, card, drawn = (
            written.enter_context(files.atomic(output)) for output in outputs
        )
        found = _poses(path, video, model, boxes_of, every)
        with videos.Writer(drawn, video.rate) as writer:
            counts = _write(lines, writer, found, model.skeleton)
        values = {
            "video": str(path),
            "frames_per_second": video.rate,
            "model": str(model.path),
            **counts,
        }
        files.save(card, values)
    return outputs[-1], counts["frames_without_people"]


def _write(lines, writer, found, skeleton):
    """Writes frames and lines; returns what there was of them."""
    frames, empty = 0, 0
    with lines.open("w") as out:
        for seconds, image, people in found:
            writer.add(frame_drawing.draw(image, people.joints, skeleton))
            values = pose_files.to_json(people, skeleton)
            line = {"time": round(seconds, 4), "people": values}
            out.write(json.dumps(line) + "\n")
            frames, empty = frames + 1, empty + (not values)
    return {
        "width": image.shape[1],
        "height": image.shape[0],
        "frames": frames,
        "frames_without_people": empty,
    }


def _poses(path, video, model, boxes_of, every):
    """Yields (seconds, image, poses) of each frame."""
    bar = tqdm.tqdm(
        video.frames,
        desc=path.name,
        total=video.count,
        unit="frame",
        leave=False,
        disable=None,  # Where there is no terminal.
    )
    with contextlib.closing(bar):
        frames = _with_boxes(path, bar, boxes_of, every)
        for batch in _batches(frames):
            seconds, images, boxes = zip(*batch, strict=True)
            found = predictor.of_pictures(model, np.stack(images), list(boxes))
            yield from zip(seconds, images, found, strict=True)


def _with_boxes(path, frames, boxes_of, every):
    for i, (seconds, image) in enumerate(frames):
        if i % every == 0:
            box = boxes_of(path, image)
        yield seconds, image, box


def _batches(frames):
    """Lists of frames that fit into one call, so that memory stays flat."""
    for first in frames:
        more = predictor.people_per_call(first[1].nbytes) - 1
        yield [first, *itertools.islice(frames, more)]
