"""Measures the memory that reading annotations in COCO's format takes.

python -m benchmarks.annotation_memory --people=100000
"""

import json
import pathlib
import resource
import tempfile
import time

import numpy as np
from absl import flags

from data_prep.sources import coco
from deeppose_tf.launch import app

_PEOPLE = flags.DEFINE_integer(
    "people", 1000, "Number of people in the file.", lower_bound=1
)
_OUTLINE = 60  # Numbers of a segment's outline, about as many as in COCO.


def main(argv):
    """Prints by how much reading raises the peak, and how long it takes."""
    app.refuse_arguments(argv)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "annotations" / "person_keypoints_x.json"
        path.parent.mkdir()
        _write(path, _PEOPLE.value)
        size = path.stat().st_size / 2**20
        begin, before = time.process_time(), _peak()
        source = coco.read(folder)
        seconds = time.process_time() - begin
        begin = time.process_time()
        for _ in source.people:  # As the processes of a builder do.
            pass
        more = time.process_time() - begin
    print(
        f"{len(source.people)} people, a file of {size:.1f} MiB: peak "
        f"+{_peak() - before:.0f} MiB, {seconds:.1f} s, and {more:.1f} s for "
        "each person once"
    )


def _peak():
    """Peak memory of this process, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _write(path, people):
    """Writes person by person, which takes little memory."""
    rng = np.random.default_rng(0)
    with path.open("w") as file:
        file.write('{"images": [')
        for i in range(people):
            file.write("," * bool(i) + json.dumps(_image(i)))
        file.write('], "annotations": [')
        for i in range(people):
            file.write("," * bool(i) + json.dumps(_person(i, rng)))
        file.write("]}")


def _image(i):
    name = f"{i:012d}.jpg"
    return {"id": i, "file_name": name, "width": 640, "height": 480}


def _person(i, rng):
    keypoints = np.full((17, 3), 2)
    keypoints[:, :2] = rng.integers(0, 480, (17, 2))
    return {
        "id": i,
        "image_id": i,
        "keypoints": keypoints.ravel().tolist(),
        "num_keypoints": 17,
        "bbox": [100.0, 90.0, 220.0, 310.0],
        "area": 40000.0,
        "iscrowd": 0,
        "segmentation": [rng.uniform(0, 480, _OUTLINE).round(2).tolist()],
    }


if __name__ == "__main__":
    app.run(main)
