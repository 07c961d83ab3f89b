"""Where the seconds of a first photo go, from the start of Python on.

python -m benchmarks.first_photo docs/images/firefighter.jpg
"""

import importlib
import pathlib
import tempfile
import time

from absl import flags

from deeppose_tf import errors
from deeppose_tf.inference import found_people
from deeppose_tf.inference import photos
from deeppose_tf.inference import pose_files
from deeppose_tf.inference import predictor
from deeppose_tf.launch import app
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions

_MODEL = flags.DEFINE_string(
    "model", str(versions.PRETRAINED), "saved_models/NAME."
)
_FAST = flags.DEFINE_bool("fast", True, "Whether to start as predict does.")


def main(argv):
    """Prints CPU seconds of each step, and of the same photo again."""
    if len(argv) != 2:
        raise errors.InputError("name one photo")
    path = pathlib.Path(argv[1])
    lap = _Laps()
    lap("Python, flags")
    importlib.import_module("tensorflow")
    lap("import TensorFlow")
    if _FAST.value:
        saved_models.start_fast()
    model = saved_models.load(_MODEL.value)
    lap("load the cascade")
    rule = model.metadata["training_data"]["box"]
    finder = found_people.PersonFinder(str(versions.FINDER), rule)
    lap("load the person finder")
    for again in ("", " again"):
        image = photos.load(path)
        box = finder(path, image)
        lap(f"find people{again}")
        poses = predictor.of_picture(model, image, box)
        lap(f"predict poses{again}")
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder)
            pose_files.write(out, path, image, poses, model.skeleton, "")
        lap(f"draw and write{again}")


class _Laps:
    """Prints the CPU seconds since the last call, of all threads."""

    def __init__(self):
        self._last = 0.0

    def __call__(self, name):
        now = time.process_time()
        print(f"{name:24} {now - self._last:5.2f} s", flush=True)
        self._last = now


if __name__ == "__main__":
    app.run(main)
