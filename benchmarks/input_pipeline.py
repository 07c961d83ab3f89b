"""Training crops a second, beside PyTorch's DataLoader with OpenCV.

python -m benchmarks.input_pipeline --data_dir=data/lspet

The DataLoader reads the same pictures out of a folder, with two workers.
"""

import itertools
import json
import pathlib
import sys
import tempfile
import time

import numpy as np
import tensorflow as tf
from absl import flags

from benchmarks.tools import turns
from deeppose_tf.data import dataset
from deeppose_tf.data import displacements
from deeppose_tf.data import person_records
from deeppose_tf.examples import crop_centers
from deeppose_tf.examples import input_pipeline
from deeppose_tf.examples import refinement_crops
from deeppose_tf.examples import refinement_pipeline
from deeppose_tf.examples.example_options import Augmentation
from deeppose_tf.examples.example_options import ExampleOptions
from deeppose_tf.launch import app

_DATA_DIR = flags.DEFINE_string("data_dir", None, "Records.", required=True)
_SIZE = flags.DEFINE_integer("image_size", 220, "Side of the crops.")
_BATCH = flags.DEFINE_integer("batch_size", 128, "Crops in a batch.")
_SECONDS = flags.DEFINE_float("seconds", 10, "That each measurement takes.")
_ROUNDS = flags.DEFINE_integer("rounds", 3, "Measurements of each.")
_PEOPLE = flags.DEFINE_integer("people", 2000, "That the DataLoader reads.")
_PEERS = flags.DEFINE_string(
    "peers", sys.executable, "A Python that has torch and opencv."
)
_ONE = flags.DEFINE_string("one", None, "Measure this alone, as JSON.")

AUGMENTATIONS = {
    "shift and flip": Augmentation(shift=0.1),
    "all": Augmentation(
        shift=0.1, scale=0.2, rotation=30.0, any_rotation=0.25, color=0.2
    ),
}
_REFINEMENT = "stage s, 4 crops a person"


def main(argv):
    """Prints a table: here and peer in turn."""
    app.refuse_arguments(argv)
    data = dataset.load(_DATA_DIR.value)
    if _ONE.value:
        print(json.dumps({"per_second": _rate(_batches(data, _ONE.value))}))
        return
    sizes = [str(x) for x in (_SIZE.value, _BATCH.value, _SECONDS.value)]
    commands = {}
    with tempfile.TemporaryDirectory() as folder:
        _write_pictures(data, pathlib.Path(folder))
        for name, augmentation in AUGMENTATIONS.items():
            commands[f"stage 1, {name}"] = _here(f"stage 1, {name}")
            for peer, module in (
                ("DataLoader, ", "torch_input"),
                ("decode and warp alone, ", "opencv_warps"),
            ):
                commands[peer + name] = [
                    _PEERS.value,
                    *("-m", f"benchmarks.peers.{module}", folder, *sizes),
                    json.dumps(vars(augmentation)),
                ]
        commands[_REFINEMENT] = _here(_REFINEMENT)
        turns.table(turns.in_turn(commands, _ROUNDS.value), "crops")


def _here(name):
    module = [sys.executable, "-m", "benchmarks.input_pipeline"]
    return [*module, *sys.argv[1:], f"--one={name}"]


def _batches(data, name):
    common = dict(batch_size=_BATCH.value, seed=0)
    if name != _REFINEMENT:
        return input_pipeline.pose_batches(
            data,
            image_size=_SIZE.value,
            augmentation=AUGMENTATIONS[name.removeprefix("stage 1, ")],
            **common,
        )
    skeleton = data.skeleton
    num = len(skeleton.joints)
    statistics = displacements.Displacements(
        count=np.ones([num], np.int64),
        mean=np.zeros([num, 2], np.float32),
        covariance=np.tile(np.float32(0.01 * np.eye(2)), [num, 1, 1]),
        containment={},
    )
    return refinement_pipeline.refinement_batches(
        data,
        crop_centers.simulated(statistics, skeleton),
        refinement_crops.Cropping(
            outputs=tuple(range(num)),
            sigma=1.0,
            image_size=_SIZE.value,
            options=ExampleOptions(augmentation=AUGMENTATIONS["all"]),
        ),
        **common,
    )


def _rate(batches):
    """Crops a second, once the pipeline is warm."""
    batches = iter(batches)
    for _ in range(12):  # More than what is made ahead.
        next(batches)
    begin, count = time.monotonic(), 0
    while time.monotonic() - begin < _SECONDS.value:
        count += len(next(batches)[0])
    return count / (time.monotonic() - begin)


def _write_pictures(data, folder):
    """Training people as files: pictures, and people.json."""
    people = person_records.undecoded(data, "train")
    listed = []
    for i, person in enumerate(itertools.islice(people, _PEOPLE.value)):
        tf.io.write_file(str(folder / f"{i}.jpg"), person["image"])
        box = person["box"].numpy()
        joints = person["joints"].numpy() * box[2:] + box[:2]
        listed.append(
            {
                "file": f"{i}.jpg",
                "box": box.tolist(),
                "joints": joints.tolist(),
                "mirror": list(map(int, data.skeleton.mirror)),
            }
        )
    (folder / "people.json").write_text(json.dumps(listed))


if __name__ == "__main__":
    app.run(main)
