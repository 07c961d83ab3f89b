"""Checkpoints, of which those of earlier versions can be gone on from.

checkpoints_of_06606e3.json holds the names and shapes of the variables that
commit 06606e3 saved for some trainings. tests/programs/test_old_run.py loads a
whole run folder of it.
"""

import json
import pathlib

import pytest
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf.training import checkpoints
from tests.training.test_trainer import fit

OLD = json.loads(
    pathlib.Path(__file__).with_name("checkpoints_of_06606e3.json").read_text()
)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (tf.errors.UnavailableError, tf.errors.UnavailableError),
        (tf.errors.ResourceExhaustedError, errors.InputError),
    ],
)
def test_a_lost_worker_is_not_taken_for_a_full_disk(
    tmp_path, monkeypatch, error, told
):
    def write(*_):
        raise error(None, None, "reset by peer, or no space")

    monkeypatch.setattr(tf.train.Checkpoint, "write", write)
    with pytest.raises(told, match="reset by peer, or no space"):
        fit(tmp_path, 2)


@pytest.mark.keras3
@pytest.mark.parametrize("old", OLD, ids=lambda old: ",".join(old["fit"]))
def test_a_checkpoint_has_the_variables_of_older_ones(old, tmp_path):
    fit(tmp_path, 2, eval_every=2, **old["fit"])
    path, *_ = checkpoints.prefixes(tmp_path / "checkpoints")
    assert dict(tf.train.list_variables(str(path))) == old["variables"]
