"""How well people's scores tell people from boxes in which nobody is.

The person's own score stands beside others that could be made of the joints'.

python -m benchmarks.nobody --source=../shared/data/coco_mini \
    --data_dir=data/lspet

`--source` is a folder in COCO's layout, in whose pictures boxes are drawn by
lot that overlap no annotated person. People are those of `--data_dir`, and the
annotated ones of `--source`, by how many of their joints are labeled.
"""

import json
import pathlib

import numpy as np
from absl import flags

from deeppose_tf import errors
from deeppose_tf.data import dataset
from deeppose_tf.data import person_records
from deeppose_tf.geometry import boxes
from deeppose_tf.inference import photos
from deeppose_tf.inference import predicted_poses
from deeppose_tf.inference import predictor
from deeppose_tf.launch import app
from deeppose_tf.serving import interface
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions

_MODEL = flags.DEFINE_string("model", str(versions.PRETRAINED), "An export.")
_SOURCE = flags.DEFINE_string(
    "source", None, "Folder of COCO's layout.", required=True
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Records of people.", required=True
)
_SPLIT = flags.DEFINE_string("split", "val", "Of the records.")
_PEOPLE = flags.DEFINE_integer("people", 150, "Of the records, at most.")
_BOXES_PER_PICTURE = 8
_LEAST_SIDE = 48  # Pixels, of a box by lot.
_KEPT = 0.95  # Of people.
# A score of each person, from poses.
_SCORES = {
    "score": lambda poses: poses.score,
    "mean of joints": lambda poses: poses.mean_score,
    "best joint": lambda poses: poses.scores.max(axis=1),
}


def main(argv):
    """Prints the threshold and the share of empty boxes, for each score."""
    app.refuse_arguments(argv)
    model = saved_models.load(_MODEL.value)
    people = {f"{_SPLIT.value} people": _of_records(model)}
    nobody, annotated, labeled = _of_source(model)
    for least in (14, 10, 5):
        name = f"COCO, {least} joints or more"
        people[name] = annotated[labeled >= least]
    if not len(nobody.box):
        raise errors.InputError(f"--source={_SOURCE.value}: no free place")
    print(f"{len(nobody.box)} boxes of nobody")
    for name, poses in people.items():
        for kind, score in _SCORES.items():
            least = np.quantile(score(poses), 1 - _KEPT)
            share = (score(nobody) >= least).mean()
            print(
                f"{name:24} {len(poses.box):4}  {kind:15} above {least:.2f}: "
                f"{share:6.1%} of boxes of nobody"
            )


def _of_records(model):
    """Poses of the records' people."""
    data = dataset.load(_DATA_DIR.value)
    people = person_records.undecoded(data, _SPLIT.value).take(_PEOPLE.value)
    ask = model.signatures[interface.IMAGE_BYTES]
    parts = []
    for batch in people.batch(interface.PERSONS_PER_PASS):
        outputs = ask(image_bytes=batch["image"], box=batch["box"])
        outputs = {name: np.asarray(value) for name, value in outputs.items()}
        parts.append(predicted_poses.of_outputs(batch["box"].numpy(), outputs))
    return predicted_poses.joined(parts, len(model.skeleton.joints))


def _of_source(model):
    """Poses in empty boxes, of annotated people, and their labeled joints."""
    rng = np.random.default_rng(0)
    nobody, annotated, labeled = [], [], []
    for path in sorted(pathlib.Path(_SOURCE.value).glob("annotations/*.json")):
        content = json.loads(path.read_text())
        folder = path.parent.parent / path.stem.rpartition("_")[2]
        for entry in content["images"]:
            image = photos.load(folder / entry["file_name"])
            people = [
                person
                for person in content["annotations"]
                if person["image_id"] == entry["id"]
            ]
            box = np.array([_box(person) for person in people]).reshape(-1, 4)
            empty = _empty_boxes(rng, image.shape, box)
            nobody.append(predictor.of_picture(model, image, empty))
            wide = boxes.scaled(box, 1.25, square=True)
            annotated.append(predictor.of_picture(model, image, wide))
            labeled += [
                0 if person["iscrowd"] else person["num_keypoints"]
                for person in people
            ]
    k = len(model.skeleton.joints)
    both = (predicted_poses.joined(each, k) for each in (nobody, annotated))
    return *both, np.array(labeled)


def _box(person):
    x, y, w, h = person["bbox"]
    return [x + w / 2, y + h / 2, w, h]


def _empty_boxes(rng, shape, people):
    """Square boxes in a picture that overlap nobody, float32 [n, 4]."""
    height, width = shape[:2]
    empty = []
    for _ in range(50 * _BOXES_PER_PICTURE):
        logs = np.log([_LEAST_SIDE, min(height, width)])
        side = np.exp(rng.uniform(*logs))
        center = rng.uniform(side / 2, np.array([width, height]) - side / 2)
        box = np.array([*center, side, side], np.float32)
        if not boxes.overlaps(box[None], people).any():
            empty.append(box)
        if len(empty) == _BOXES_PER_PICTURE:
            break
    return np.array(empty, np.float32).reshape(-1, 4)


if __name__ == "__main__":
    app.run(main)
