"""PDJ@0.2 in the person finder's boxes, by how large they are made.

python -m benchmarks.found_boxes --data_dir=data/lspet --split=train

Counts the people whom the finder finds and whose torso is labeled.
"""

import numpy as np
from absl import flags

from deeppose_tf.data import dataset
from deeppose_tf.data import person_records
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import skeletons
from deeppose_tf.inference import found_people
from deeppose_tf.inference import photos
from deeppose_tf.inference import predictor
from deeppose_tf.launch import app
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions

_MODEL = flags.DEFINE_string("model", str(versions.PRETRAINED), "An export.")
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder that data_prep wrote.", required=True
)
_SPLIT = flags.DEFINE_string("split", "train", "train, val or test.")
_PEOPLE = flags.DEFINE_integer(
    "people", 150, "Looked at, of those with a labeled torso."
)
_SCALES = flags.DEFINE_list(
    "scales", ["1.0", "1.1", "1.2", "1.25", "1.3", "1.4", "1.5"], "To try."
)
# Boxes that overlap a person's joints so much (IoU) are that person's.
_OVERLAP = 0.3
# A rule by which boxes are the finder's own.
_OWN = {
    "kind": "joints",
    "scale": 1.0 / found_people.SHRINK,
    "square": False,
}


def main(argv):
    """Prints PDJ@0.2 in the records' own boxes, and for each scale."""
    app.refuse_arguments(argv)
    data = dataset.load(_DATA_DIR.value)
    model = saved_models.load(_MODEL.value)
    common = skeletons.common(model.skeleton, data.skeleton)
    finder = found_people.PersonFinder(str(versions.FINDER), _OWN)
    square = model.metadata["training_data"]["box"]["square"]
    scales = [float(scale) for scale in _SCALES.value]
    hits = []
    for person, torso in _people(data):
        image = photos.decode(person["image"])
        found = _found(finder, image, person)
        if found is not None:
            box = [boxes.scaled(found, scale, square) for scale in scales]
            box = np.stack([person["box"], *box]).astype(np.float32)
            joints = predictor.of_picture(model, image, box).joints
            hits.append(_hits(joints, person, torso, model, data, common))
    shares = np.concatenate(hits, axis=1).mean(axis=1)
    print(f"{len(hits)} people found")
    for name, share in zip(["records", *_SCALES.value], shares, strict=True):
        print(f"{name:8} {share:.3f}")


def _people(data):
    """Yields people with NumPy values, joints in pixels, and the torso."""
    count = 0
    a, b = data.skeleton.torsos[0]
    for person in person_records.undecoded(data, _SPLIT.value):
        person = {name: value.numpy() for name, value in person.items()}
        if count < _PEOPLE.value and person["labeled"][[a, b]].all():
            count += 1
            joints = boxes.denormalize(person["joints"], person["box"])
            torso = np.linalg.norm(joints[a] - joints[b])
            yield {**person, "joints": joints}, torso


def _found(finder, image, person):
    """The finder's box of a person; None: not found."""
    own = finder(None, image)
    tight = boxes.enclosing(person["joints"], person["labeled"])
    overlap = boxes.overlaps(tight[None], own)[0]
    if not len(own) or overlap.max() < _OVERLAP:
        return None
    return own[overlap.argmax()]


def _hits(joints, person, torso, model, data, common):
    """Which labeled joints are right, bool [boxes, joints]."""
    of_model = [model.skeleton.index(name) for name in common.joints]
    of_data = [data.skeleton.index(name) for name in common.joints]
    errors = np.linalg.norm(
        joints[:, of_model] - person["joints"][of_data], axis=-1
    )
    return (errors <= 0.2 * torso)[:, person["labeled"][of_data]]


if __name__ == "__main__":
    app.run(main)
