"""Predictions for the training people, kept in the run folder of a stage.

The next stage takes them as its inputs (--crops_from=predictions) and measures
its displacements from them.
"""

import pathlib

import numpy as np
from absl import logging

from deeppose_tf import errors
from deeppose_tf.data.dataset import Dataset
from deeppose_tf.evaluation import stage_predictions
from deeppose_tf.evaluation.stage_predictions import StagePredictions
from deeppose_tf.examples import input_pipeline
from deeppose_tf.models import stage_specs
from deeppose_tf.models import trained_stages
from deeppose_tf.models.run_paths import RunFolder
from deeppose_tf.storage import arrays
from deeppose_tf.storage import json_files
from deeppose_tf.training import workers as workers_

# Of the weights and the records that the predictions were made of. It is the
# last array: a damaged list of contents may end early.
_MADE_OF = "digest"


def of_stage(
    run_dir: pathlib.Path,
    data: Dataset,
    workers: workers_.Workers = workers_.ALONE,
) -> StagePredictions:
    """Predictions of a finished stage for the training people.

    Computed once and kept in the run folder, like those of the stages before;
    computed again only if records or weights have changed. Workers share the
    people out; each has a run folder of its own.
    """
    run_dir = pathlib.Path(run_dir)
    path = RunFolder(run_dir).predictions
    spec = stage_specs.load_spec(run_dir)
    digest = stage_specs.weights_digest(
        spec, run_dir, data.split("train").digest
    )
    if (kept := _kept(path, digest)) is not None:
        return kept
    logging.info("Predicting the training people with %s", run_dir)
    previous = stage_specs.previous_dir(spec, run_dir)
    previous_joints = None
    if previous:
        previous_joints = of_stage(previous, data, workers).joints
    predictions = stage_predictions.predict(
        trained_stages.load(run_dir, spec),
        input_pipeline.evaluation_batches(
            data, "train", batch_size=32, share=workers.share
        ),
        previous_joints,
        workers=workers,
    )
    arrays.save(path, predictions.columns() | {_MADE_OF: np.array(digest)})
    return predictions


def _kept(path, digest):
    """What a file holds; None where it is missing, damaged or of others."""
    if not path.exists():
        return None
    hint = "computed again"
    try:
        columns = arrays.load(path, hint)
        if str(columns.pop(_MADE_OF, None)) != digest:
            return None
        with json_files.parsing(path, hint):
            return StagePredictions(**columns)
    except errors.InputError as damage:
        logging.warning("%s", damage)
        return None
