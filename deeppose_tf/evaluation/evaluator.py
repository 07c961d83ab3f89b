"""Runs an exported cascade on a split."""

import dataclasses
import time

import numpy as np

from deeppose_tf.data import person_records
from deeppose_tf.data.dataset import Dataset
from deeppose_tf.evaluation.cascade_predictions import Judged
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import skeletons
from deeppose_tf.serving import interface
from deeppose_tf.serving import saved_models

_BATCH = 32


def judge(model: saved_models.Loaded, data: Dataset, split: str) -> Judged:
    """Runs a model on every person of a split.

    Args:
        model: the exported cascade; its graph decodes, cuts and predicts.
        data: the data set.
        split: name of the split to judge on. The mean pose comes from "train".

    Returns:
        Predictions and truth of the joints that model and data both name, those
        of `skeletons.common(model.skeleton, data.skeleton)`.

    Raises:
        InputError: they share no torso.
    """
    skeleton = skeletons.common(model.skeleton, data.skeleton)
    ours, theirs = (
        [side.skeleton.index(joint) for joint in skeleton.joints]
        for side in (model, data)
    )
    columns = {field.name: [] for field in dataclasses.fields(Judged)[:-2]}
    people = person_records.undecoded(data, split)
    begin = time.monotonic()
    for batch in people.batch(_BATCH).prefetch(2):
        answer = model.signatures[interface.IMAGE_BYTES](
            image_bytes=batch["image"], box=batch["box"]
        )
        truth = boxes.denormalize(batch["joints"], batch["box"])
        found = {
            "person_ids": batch["person_id"].numpy().astype("S"),
            "image_ids": batch["image_id"].numpy().astype("S"),
            "joints": answer[interface.STAGE_JOINTS].numpy()[:, :, ours],
            "scores": answer[interface.SCORES].numpy()[:, ours],
            "truth": truth.numpy()[:, theirs],
            "labeled": batch["labeled"].numpy()[:, theirs],
            "box": batch["box"],
            "head_sizes": batch["head_size"],
            "areas": batch["area"],
        }
        for name, values in found.items():
            columns[name].append(values)
    seconds = time.monotonic() - begin
    return Judged(
        **{name: np.concatenate(parts) for name, parts in columns.items()},
        mean_pose=person_records.mean_pose(data)[theirs],
        seconds=seconds,
    )
