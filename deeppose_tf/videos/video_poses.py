"""Predicts the poses in a video; writes a drawn video and JSON lines."""

import collections
import contextlib
import dataclasses
import functools
import itertools
import json
import pathlib
from collections.abc import Callable

import numpy as np
import tqdm

from deeppose_tf.inference import pose_files
from deeppose_tf.inference import predictor
from deeppose_tf.serving import saved_models
from deeppose_tf.storage import files
from deeppose_tf.storage import json_files
from deeppose_tf.videos import following
from deeppose_tf.videos import smoothing
from deeppose_tf.videos import threads
from deeppose_tf.videos import video_files

_SUFFIXES = (".jsonl", ".json", ".mp4")
# Frames that are read before they are needed; frames that wait to be drawn.
_AHEAD = 2
# In which people are looked for while those between are predicted.
_LOOK_AHEAD = 4


def write(
    folder: pathlib.Path,
    path: pathlib.Path,
    model: saved_models.Loaded,
    people: following.Follower
    | Callable[[pathlib.Path, np.ndarray], np.ndarray],
    smooth: bool = False,
    min_score: float = 0.0,
) -> tuple[pathlib.Path, int]:
    """Writes NAME.pose.mp4, NAME.pose.jsonl and NAME.pose.json, or none.

    Args:
        folder: for the three files; it is made.
        path: of the video.
        model: the cascade.
        people: who finds and follows them; or a function of the path and the
            first frame: float32 [people, 4], their boxes in all frames.
        smooth: whether joints are filtered over time.
        min_score: joints with a lower score are not drawn.

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
        frames = threads.read_ahead(video.frames, _AHEAD)
        stack.enter_context(contextlib.closing(frames))
        frames = stack.enter_context(_bar(path, frames, len(video.repeats)))
        if isinstance(people, following.Follower):
            results = _followed(path, frames, model, people)
        else:
            results = _in_boxes(path, frames, model, people)
        if smooth:
            results = _smoothed(results)
        with video_files.Writer(drawn, video.rate) as writer:
            counts = _write(
                lines, writer, results, video, model.skeleton, min_score
            )
        values = {
            "video": str(path),
            "frames_per_second": video.rate,
            "model": str(model.path),
            **counts,
        }
        json_files.save(card, values)
    return outputs[-1], counts["frames_without_people"]


def _bar(path, frames, count):
    """The frames with a bar, a context manager."""
    return contextlib.closing(
        tqdm.tqdm(
            frames,
            desc=path.name,
            total=count,
            unit="frame",
            leave=False,
            disable=None,  # A bar on a terminal only.
        )
    )


def _write(lines, writer, results, video, skeleton, min_score):
    """Writes (seconds, image, ids, poses); returns their size and counts."""

    def draw(image, ids, poses, repeats):
        names = [f"{number}:" for number in ids]
        drawn = pose_files.draw(image, poses, skeleton, min_score, names)
        writer.add(drawn, repeats)
        return image.shape[:2]

    def drawings(out):
        """Writes a line for each frame, and gives the call that draws it."""
        for repeats, result in zip(video.repeats, results, strict=True):
            seconds, image, ids, poses = result
            people = pose_files.to_json(poses, skeleton)
            people = [
                {"id": number, **person}
                for number, person in zip(ids, people, strict=True)
            ]
            counts[bool(people)] += 1
            line = {"time": round(seconds, 4), "people": people}
            out.write(json.dumps(line) + "\n")
            yield functools.partial(draw, image, ids, poses, repeats)

    counts = collections.Counter()
    with lines.open("w") as out:
        *_, (height, width) = threads.results(drawings(out), _AHEAD)
    return {
        "width": width,
        "height": height,
        "frames": counts.total(),
        "frames_without_people": counts[False],
    }


def _followed(path, frames, model, follower):
    """Yields (seconds, image, ids, poses) of each frame, people followed."""
    for (seconds, image), later in _with_later(frames, _LOOK_AHEAD):
        if later is not None:
            follower.expect(path, later[1], _LOOK_AHEAD)
        ids, box = follower.boxes(path, image)
        poses = predictor.of_picture(model, image, box)
        kept = follower.update(poses)
        yield seconds, image, np.array(ids, int)[kept].tolist(), poses[kept]


def _with_later(frames, distance):
    """Pairs of a frame and one that comes later, None at the end."""
    now, later = itertools.tee(frames)
    return itertools.zip_longest(now, itertools.islice(later, distance, None))


def _in_boxes(path, frames, model, boxes_of):
    """Yields the same for people in given boxes, many frames a call."""
    box = None
    for batch in _batches(frames):
        seconds, images = zip(*batch, strict=True)
        if box is None:
            box = boxes_of(path, images[0])
        poses = predictor.of_pictures(
            model, np.stack(images), [box] * len(images)
        )
        ids = [list(range(1, len(box) + 1))] * len(images)
        yield from zip(seconds, images, ids, poses, strict=True)


def _batches(frames):
    """Yields lists of frames that fit into one call, which bounds memory."""
    frames = iter(frames)
    for first in frames:
        more = predictor.people_per_call(first[1].nbytes) - 1
        yield [first, *itertools.islice(frames, more)]


def _smoothed(results):
    """Passes (seconds, image, ids, poses) on, each person's joints filtered."""
    filters = {}
    for seconds, image, ids, poses in results:
        # Who was away begins anew.
        filters = {i: filters.get(i, smoothing.OneEuro()) for i in ids}
        joints = np.zeros_like(poses.joints)
        for k, number in enumerate(ids):
            side = poses.box[k, 2:].max() or max(image.shape[:2])
            joints[k] = filters[number](seconds, poses.joints[k], side)
        yield seconds, image, ids, dataclasses.replace(poses, joints=joints)
