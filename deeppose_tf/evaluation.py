"""An exported cascade and the mean pose, judged on a split."""

import numpy as np
import tensorflow as tf

from deeppose_tf import boxes
from deeppose_tf import errors
from deeppose_tf import records
from deeppose_tf import scores
from deeppose_tf import serving
from deeppose_tf.dataset import Dataset

MEAN_POSE = "mean pose"
_BATCH = 32


def evaluate(model: serving.Loaded, data: Dataset, split: str) -> dict:
    """Scores of the mean pose and of each stage, by name.

    Args:
        model: the exported cascade; its graph decodes, cuts and predicts.
        data: the data set.
        split: name of the split to judge on. The mean pose comes from "train".

    Raises:
        InputError: model and data have different skeletons.
    """
    if model.skeleton != data.skeleton:
        raise errors.InputError(
            f"--model={model.path}: predicts skeleton {model.skeleton.name}, "
            f"--data_dir={data.path} holds {data.skeleton.name}"
        )
    found, truth, labeled, box = _predict(model, data, split)
    named = {MEAN_POSE: boxes.denormalize(mean_pose(data)[None], box)}
    for stage in range(found.shape[1]):
        named[f"stage {stage + 1}"] = found[:, stage]
    return {
        name: scores.score(joints, truth, labeled, data.skeleton)
        for name, joints in named.items()
    }


def _records(data, split):
    num_joints = len(data.skeleton.joints)
    return tf.data.TFRecordDataset(list(data.split(split).files)).map(
        lambda serialized: records.decode(serialized, num_joints),
        num_parallel_calls=tf.data.AUTOTUNE,
    )


def _predict(model, data, split):
    found, truth, labeled, box = [], [], [], []
    for batch in _records(data, split).batch(_BATCH).prefetch(2):
        answer = model.signatures["serving_default"](
            image_bytes=batch["image"], box=batch["box"]
        )
        found.append(answer["stage_joints"])
        truth.append(boxes.denormalize(batch["joints"], batch["box"]))
        labeled.append(batch["labeled"])
        box.append(batch["box"])
    return tuple(map(np.concatenate, (found, truth, labeled, box)))


def mean_pose(data: Dataset) -> np.ndarray:
    """Mean of the labeled training joints, float32 [joints, 2], box units."""
    total, count = 0.0, 0
    for person in _records(data, "train").batch(1024):
        weight = person["labeled"].numpy()[..., None]
        total += (person["joints"].numpy() * weight).sum(axis=0)
        count += weight.sum(axis=0)
    return (total / np.maximum(count, 1)).astype(np.float32)
