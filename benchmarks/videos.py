"""Frames a second of `predict` on a video of one person, and of its parts.

python -m benchmarks.videos --model=saved_models/lsp_extended

The video is a window that moves over a photo. `--film=walk.mp4` only writes
it, e.g. to see what another version takes.
"""

import pathlib
import tempfile
import time

import numpy as np
from absl import flags

from deeppose_tf.inference import found_people
from deeppose_tf.inference import photos
from deeppose_tf.inference import pose_files
from deeppose_tf.inference import predictor
from deeppose_tf.launch import app
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions
from deeppose_tf.videos import following
from deeppose_tf.videos import video_files
from deeppose_tf.videos import video_poses

_MODEL = flags.DEFINE_string("model", str(versions.PRETRAINED), "An export.")
_PHOTO = flags.DEFINE_string(
    "photo", "docs/images/firefighter.jpg", "Of one person."
)
_FRAMES = flags.DEFINE_integer("frames", 90, "Of the video, at 30 a second.")
_FILM = flags.DEFINE_string("film", None, "Where to write the video alone.")
_PEOPLE_EVERY = flags.DEFINE_integer("people_every", 30, "Of predict.")
_MARGIN = 40  # Pixels, by which the window moves.
_ROUNDS = 5


def main(argv):
    """Prints a line for the whole, and one for each part."""
    app.refuse_arguments(argv)
    if _FILM.value:
        _film(
            pathlib.Path(_FILM.value), photos.load(pathlib.Path(_PHOTO.value))
        )
        return
    model = saved_models.load(_MODEL.value)
    rule = model.metadata["training_data"]["box"]
    finder = found_people.PersonFinder(str(versions.FINDER), rule)
    photo = photos.load(pathlib.Path(_PHOTO.value))
    image, box = photo, finder(None, photo)[:1]
    poses = predictor.of_picture(model, image, box)
    parts = {
        "cascade, one person": lambda: predictor.of_picture(model, image, box),
        "finder": lambda: finder(None, image),
        "drawing": lambda: pose_files.draw(image, poses, model.skeleton),
    }
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        path = folder / "walk.mp4"
        _film(path, photo)

        def write():
            every = _PEOPLE_EVERY.value
            follower = following.Follower(finder, finder.around, every)
            video_poses.write(folder, path, model, follower)

        whole = np.median([_timed(write) for _ in range(_ROUNDS)], axis=0)
        _print("whole", *whole / _FRAMES.value)
    for name, run in parts.items():
        times = [_timed(run) for _ in range(20)]
        _print(name, *np.median(times, axis=0))


def _film(path, photo):
    wide = np.pad(photo, [[_MARGIN] * 2, [_MARGIN] * 2, [0, 0]], "reflect")
    height, width = photo.shape[:2]
    with video_files.Writer(path, 30.0) as writer:
        for i in range(_FRAMES.value):
            x, y = np.round(_MARGIN * (1 + np.sin([i / 12, i / 9]))).astype(int)
            frame = wide[y : y + height, x : x + width]
            writer.add(np.ascontiguousarray(frame))


def _timed(run):
    """Seconds, and CPU seconds."""
    begin, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - begin, time.process_time() - cpu


def _print(name, seconds, cpu):
    print(
        f"{name:20} {1e3 * seconds:7.1f} ms {1 / seconds:7.1f} /s, CPU "
        f"{1e3 * cpu:6.1f} ms"
    )


if __name__ == "__main__":
    app.run(main)
