import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf.launch import cluster
from deeppose_tf.training import devices
from deeppose_tf.training import training_options
from deeppose_tf.training import workers
from tests import tiny
from tests import worker_jobs
from tests.training import twenty_steps


def equal(found, wanted):
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_allclose(
            found[name], values, rtol=1e-4, atol=1e-6, err_msg=name
        )


def trained(replicas, folder):
    """Losses, weights and statistics of normalization of one process."""
    found = workers.Workers(tiny.strategy(replicas))
    return twenty_steps.run(found, folder / f"{replicas}")


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    result = trained(1, tmp_path_factory.mktemp("one"))
    assert len(result["losses"]) == twenty_steps.STEPS
    assert result["losses"][-1] < 0.9 * result["losses"][0]
    return result


def test_two_replicas_train_as_one(one, tmp_path):
    equal(trained(2, tmp_path), one)


def test_one_device_trains_as_one_replica(one, tmp_path, monkeypatch):
    names = ["/cpu:0", "/cpu:1"]
    monkeypatch.setattr(devices, "_devices", lambda logical_cpus: names)
    placement = training_options.Placement("one_device")
    found = workers.Workers(devices.strategy(placement))
    assert found.strategy.num_replicas_in_sync == 1
    np.testing.assert_equal(twenty_steps.run(found, tmp_path), one)


@pytest.mark.slow(20)
def test_two_workers_train_as_one(one, tmp_path):
    job = worker_jobs.start("tests.training.twenty_steps", tmp_path)
    worker_jobs.finished(job)
    for index in range(2):
        with np.load(tmp_path / f"{index}.npz") as arrays:
            equal(dict(arrays), one)


def test_a_process_alone_has_all_rows():
    alone = workers.ALONE
    columns = {"ids": np.array([b"a", b"bc"]), "rows": np.zeros([2, 3])}
    np.testing.assert_equal(alone.together(columns), columns)
    assert alone.is_chief and alone.any_of(True, False) == (True, False)


class Two(workers.Workers):
    """Two workers in one process: the other one has the same rows."""

    def __init__(self):
        super().__init__(found=cluster.Cluster(("a:1", "b:2")))

    def _gathered(self, row):
        return np.concatenate([row, row])


def test_arrays_of_any_kind_and_size_come_through():
    columns = {
        "ids": np.array([b"a", b"bcd"]),
        "labeled": np.array([[True], [False]]),
        "joints": np.array([[0.1], [np.nan]], np.float32),
    }
    for each in Two().every(columns):
        np.testing.assert_equal(each, columns)
    twice = Two().together(columns)
    assert twice["ids"].tolist() == [b"a", b"a", b"bcd", b"bcd"]
    assert Two().together({}) == {}


def test_a_flag_of_one_is_a_flag_of_all(monkeypatch):
    two = Two()
    monkeypatch.setattr(
        two, "_gathered", lambda row: np.concatenate([[0, 0, 1], row])
    )
    assert two.any_of(False, True, False) == (False, True, True)


def test_the_share_is_that_of_tf_config():
    found = cluster.Cluster(("c:3", "a:1", "b:2"), 1)
    share = workers.Workers(found=found).share
    assert (share.index, share.of) == (1, 3)
    assert not workers.Workers(found=found).is_chief


def test_the_loss_of_a_worker_is_one_line():
    error = tf.errors.UnavailableError(
        None,
        None,
        "Graph\nCollective ops is aborted by: reset by peer\nAdditional",
    )
    with pytest.raises(
        errors.InputError, match="worker has gone.*.reset by peer.; start all"
    ):
        with workers.loss_noticed(Two()):
            raise error
    with pytest.raises(tf.errors.UnavailableError):
        with workers.loss_noticed(workers.ALONE):
            raise error
