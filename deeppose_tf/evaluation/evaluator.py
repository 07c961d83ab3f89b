"""Runs an exported cascade on a split."""

import time

import numpy as np
import tensorflow as tf

from deeppose_tf.data import person_records
from deeppose_tf.data.dataset import Dataset
from deeppose_tf.evaluation import predictions
from deeppose_tf.evaluation.cascade_predictions import CascadePredictions
from deeppose_tf.geometry import box_errors
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import skeletons
from deeppose_tf.serving import interface
from deeppose_tf.serving import saved_models

_BATCH = 32


def evaluate(
    model: saved_models.Loaded,
    data: Dataset,
    split: str,
    errors: box_errors.BoxErrors = box_errors.NONE,
) -> CascadePredictions:
    """Runs a model on every person of a split.

    Args:
        model: the exported cascade; its graph decodes, cuts and predicts.
        data: the data set.
        split: name of the split. The mean pose is that of "train".
        errors: of the boxes that the model is given.

    Returns:
        Predictions and truth of the joints that model and data both name, those
        of `skeletons.common(model.skeleton, data.skeleton)`.

    Raises:
        InputError: they share no torso.
    """
    common = skeletons.common(model.skeleton, data.skeleton).joints
    of_model = [model.skeleton.index(joint) for joint in common]
    of_data = [data.skeleton.index(joint) for joint in common]
    people = person_records.undecoded(data, split)
    columns, count = [], 0
    begin = time.monotonic()
    for batch in people.batch(_BATCH).prefetch(2):
        index = count + tf.range(len(batch["box"]))
        count += len(index)
        answer = model.signatures[interface.IMAGE_BYTES](
            image_bytes=batch["image"],
            box=errors.applied(batch["box"], index),
        )
        columns.append(_columns(batch, answer, of_model, of_data))
    seconds = time.monotonic() - begin
    return CascadePredictions(
        **predictions.concatenated(columns),
        mean_pose=person_records.mean_pose(data)[of_data],
        seconds=seconds,
    )


def _columns(batch, answer, of_model, of_data):
    """The columns of `CascadePredictions` for a batch.

    Args:
        batch: of `person_records.undecoded`.
        answer: outputs of the model.
        of_model: indices of the common joints in the model's skeleton.
        of_data: their indices in the data set's skeleton.
    """
    truth = boxes.denormalize(batch["joints"], batch["box"])
    return {
        "person_ids": batch["person_id"].numpy().astype("S"),
        "image_ids": batch["image_id"].numpy().astype("S"),
        "joints": np.asarray(answer[interface.STAGE_JOINTS])[:, :, of_model],
        "scores": np.asarray(answer[interface.SCORES])[:, of_model],
        "truth": truth.numpy()[:, of_data],
        "labeled": batch["labeled"].numpy()[:, of_data],
        "box": batch["box"].numpy(),
        "head_sizes": batch["head_size"].numpy(),
        "areas": batch["area"].numpy(),
    }
