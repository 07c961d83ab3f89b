"""Poses in a video, and what is written of them: a drawing and JSON lines."""

import contextlib
import itertools
import json
import pathlib
from collections.abc import Callable

import numpy as np
import tqdm

from deeppose_tf import frame_drawing
from deeppose_tf import inference
from deeppose_tf import json_files
from deeppose_tf import poses
from deeppose_tf import saved_models
from deeppose_tf import videos


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
    with videos.opened(path) as video, _whole(outputs) as asides:
        lines, card, drawn = asides
        found = _follow(path, video, model, boxes_of, every)
        with videos.Writer(drawn, video.rate) as writer, lines.open("w") as out:
            count, empty = 0, 0
            for count, (seconds, image, people) in enumerate(found, 1):
                writer.add(
                    frame_drawing.draw(image, people.joints, model.skeleton)
                )
                values = poses.to_json(people, model.skeleton)
                line = {"time": round(seconds, 4), "people": values}
                out.write(json.dumps(line) + "\n")
                empty += not values
        values = {
            "video": str(path),
            "width": image.shape[1],
            "height": image.shape[0],
            "frames": count,
            "frames_per_second": video.rate,
            "model": str(model.path),
        }
        json_files.save(card, values)
    return outputs[-1], empty


def _follow(path, video, model, boxes_of, every):
    """Yields (seconds, image, poses) of all frames, some at once in memory."""
    box = None
    bar = tqdm.tqdm(
        video.frames, path.name, video.count, False, unit="frame", disable=None
    )
    with contextlib.closing(bar):
        frames = enumerate(bar)
        for first, (seconds, image) in frames:
            batch = inference.people_per_call(image.nbytes)
            rest = itertools.islice(frames, batch - 1)
            times, images, boxes = [], [], []
            start = [(first, (seconds, image))]
            for i, (seconds, image) in itertools.chain(start, rest):
                if i % every == 0:
                    box = boxes_of(path, image)
                times.append(seconds)
                images.append(image)
                boxes.append(box)
            found = inference.of_pictures(model, np.stack(images), boxes)
            yield from zip(times, images, found, strict=True)


@contextlib.contextmanager
def _whole(paths):
    """Paths to write aside: renamed at the end, deleted if it fails."""
    asides = [path.with_name(f".writing.{path.name}") for path in paths]
    paths[0].parent.mkdir(parents=True, exist_ok=True)
    try:
        yield asides
        for aside, path in zip(asides, paths, strict=True):
            aside.replace(path)
    finally:
        for aside in asides:
            aside.unlink(missing_ok=True)
