"""Predicts the poses in a video; writes a drawn video and JSON lines."""

import contextlib
import dataclasses
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
from deeppose_tf.videos import video_files

_SUFFIXES = (".jsonl", ".json", ".mp4")


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
        frames = stack.enter_context(_frames(path, video))
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


def _frames(path, video):
    """The frames with a bar, a context manager."""
    return contextlib.closing(
        tqdm.tqdm(
            video.frames,
            desc=path.name,
            total=len(video.repeats),
            unit="frame",
            leave=False,
            disable=None,  # A bar on a terminal only.
        )
    )


def _write(lines, writer, results, video, skeleton, min_score):
    """Writes (seconds, image, ids, poses); returns their size and counts."""
    count, without_people = 0, 0
    with lines.open("w") as out:
        for seconds, image, ids, poses in results:
            names = [f"{number}:" for number in ids]
            drawn = pose_files.draw(image, poses, skeleton, min_score, names)
            writer.add(drawn, video.repeats[count])
            people = [
                {"id": number, **person}
                for number, person in zip(
                    ids, pose_files.to_json(poses, skeleton), strict=True
                )
            ]
            line = {"time": round(seconds, 4), "people": people}
            out.write(json.dumps(line) + "\n")
            count, without_people = count + 1, without_people + (not people)
    return {
        "width": image.shape[1],
        "height": image.shape[0],
        "frames": count,
        "frames_without_people": without_people,
    }


def _followed(path, frames, model, follower):
    """Yields (seconds, image, ids, poses) of each frame, people followed."""
    for seconds, image in frames:
        ids, box = follower.boxes(path, image)
        poses = predictor.of_picture(model, image, box)
        kept = follower.update(poses)
        yield seconds, image, np.array(ids, int)[kept].tolist(), poses[kept]


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
