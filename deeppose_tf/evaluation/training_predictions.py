"""Predictions for the training people, kept in the run folder of a stage.

The next stage takes them as its inputs (--crops_from=predictions) and measures
its displacements from them.
"""

import hashlib
import pathlib

import numpy as np
from absl import logging

from deeppose_tf import files
from deeppose_tf.data import input_pipeline
from deeppose_tf.data.dataset import Dataset
from deeppose_tf.evaluation import stage_predictions
from deeppose_tf.evaluation.stage_predictions import StagePredictions
from deeppose_tf.models import cascade
from deeppose_tf.models import stages
from deeppose_tf.models.run_paths import RunFolder


def of_stage(run_dir: pathlib.Path, data: Dataset) -> StagePredictions:
    """Predictions of a finished stage for the training people.

    Computed once and kept in the run folder, like those of the stages before;
    computed again only if records or weights have changed.
    """
    run_dir = pathlib.Path(run_dir)
    path = RunFolder(run_dir).predictions
    digest = _digest(run_dir, data)
    if path.exists():
        with np.load(path) as kept:
            if str(kept["digest"]) == digest:
                names = set(kept.files) - {"digest"}
                return StagePredictions(**{name: kept[name] for name in names})
    logging.info("Predicting the training people with %s", run_dir)
    spec = stages.load_spec(run_dir)
    previous = stages.previous_dir(spec, run_dir)
    previous_joints = of_stage(previous, data).joints if previous else None
    predictions = stage_predictions.predict(
        cascade.load_stage(run_dir, spec),
        input_pipeline.evaluation_batches(data, "train", batch_size=32),
        previous_joints,
    )
    with files.atomic(path) as temporary:
        np.savez(temporary, digest=digest, **predictions.columns())
    return predictions


def _digest(run_dir, data):
    """A hash of the training records and of the weights of all stages."""
    digest = hashlib.sha256(data.split("train").digest.encode())
    while run_dir:
        for path in RunFolder(run_dir).weights_of_parts("best"):
            digest.update(path.read_bytes())
        run_dir = stages.previous_dir(stages.load_spec(run_dir), run_dir)
    return digest.hexdigest()
