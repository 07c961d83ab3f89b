"""Runs an exported cascade on a split."""

import dataclasses
import time

import numpy as np

from deeppose_tf import baseline
from deeppose_tf import boxes
from deeppose_tf import errors
from deeppose_tf import persons
from deeppose_tf import saved_models
from deeppose_tf.dataset import Dataset
from deeppose_tf.judged import Judged

_BATCH = 32


def judge(model: saved_models.Loaded, data: Dataset, split: str) -> Judged:
    """Runs a model on every person of a split.

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
    columns = {field.name: [] for field in dataclasses.fields(Judged)[:-2]}
    people = persons.undecoded(data, split)
    begin = time.monotonic()
    for batch in people.batch(_BATCH).prefetch(2):
        answer = model.signatures["serving_default"](
            image_bytes=batch["image"], box=batch["box"]
        )
        found = {
            "person_ids": batch["person_id"].numpy().astype("S"),
            "image_ids": batch["image_id"].numpy().astype("S"),
            "joints": answer["stage_joints"],
            "scores": answer["scores"],
            "truth": boxes.denormalize(batch["joints"], batch["box"]),
            "labeled": batch["labeled"],
            "box": batch["box"],
            "head_sizes": batch["head_size"],
            "areas": batch["area"],
        }
        for name, values in found.items():
            columns[name].append(values)
    seconds = time.monotonic() - begin
    return Judged(
        **{name: np.concatenate(parts) for name, parts in columns.items()},
        mean_pose=baseline.mean_pose(data),
        seconds=seconds,
    )
