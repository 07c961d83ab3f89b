import collections
import signal
import subprocess
import sys
import threading

import pytest
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf.data import parsing
from deeppose_tf.examples import augment
from deeppose_tf.examples import input_pipeline
from deeppose_tf.examples import input_service
from deeppose_tf.examples import service_processes
from tests import launcher
from tests import worker_jobs
from tests.data.test_shares import PEOPLE
from tests.data.test_shares import data_of

FILES = 3


@pytest.fixture(scope="module")
def address():
    """Of a dispatcher with two workers, on the loopback."""
    dispatcher = service_processes.dispatcher(0)
    workers = [
        service_processes.worker(dispatcher.target, "localhost", 0)
        for _ in range(2)
    ]
    yield dispatcher.target
    for worker in workers:
        worker._stop()
    dispatcher._stop()


def test_a_service_without_a_worker_is_told_and_waited_for(monkeypatch, caplog):
    monkeypatch.setattr(service_processes, "_SECONDS", 0.5)
    dispatcher = service_processes.dispatcher(0)
    waiting = threading.Thread(
        target=service_processes.wait_for_worker, args=(dispatcher.target,)
    )
    waiting.start()
    waiting.join(3)
    assert waiting.is_alive()
    assert f"--dispatcher={dispatcher.target}" in caplog.text
    worker = service_processes.worker(dispatcher.target, "localhost", 0)
    waiting.join(30)
    assert not waiting.is_alive()
    worker._stop()
    dispatcher._stop()


def test_every_person_is_seen_once_an_epoch(address, tmp_path):
    data = data_of(tmp_path, FILES)
    source = input_service.Service(address, "once")
    people = source.made(source.people(data, 3, 0, 8))
    epochs = collections.defaultdict(collections.Counter)
    # Files of the next epoch begin while the last one's is handed out.
    for index, person in people.take(6 * PEOPLE).as_numpy_iterator():
        epochs[index // (PEOPLE * FILES)][person] += 1
    for epoch in range(3):
        assert len(epochs[epoch]) == PEOPLE
        assert set(epochs[epoch].values()) == {1}
    assert all(set(each.values()) == {1} for each in epochs.values())


def test_two_processes_share_the_people_of_a_job(address, tmp_path):
    data = data_of(tmp_path, FILES)
    source = input_service.Service(address, "shared", processes=2)
    iterators = [
        source.made(source.people(data, 3, 0, 8)).as_numpy_iterator()
        for _ in range(2)
    ]
    indices = [int(next(iterators[i % 2])[0]) for i in range(4 * PEOPLE)]
    assert len(set(indices)) == 4 * PEOPLE


def test_a_training_that_goes_on_begins_its_epoch_again(tmp_path):
    """Of the people who take part; the others count in no epoch."""
    data = data_of(tmp_path, FILES)
    source = input_service.Service("nowhere", "none")

    def keep(record):
        person_id = parsing.decode(record, 14)["person_id"]
        return tf.strings.length(person_id) == 2  # p0 to p9

    def epoch(start, keep):
        people = source.people(data, 3, start, 8, keep)
        return int(next(iter(people))[0]) // (PEOPLE * FILES)

    assert [epoch(start, keep) for start in (0, 29, 30)] == [0, 2, 3]
    assert [epoch(start, None) for start in (0, 35, 36)] == [0, 2, 3]


class InPlace(input_service.Service):
    """Hands out in this process what a service's workers would."""

    def made(self, examples):
        return examples


def poses(data, source, epochs):
    """Augmented poses, one by one as they come."""
    batches = input_pipeline.pose_batches(
        data,
        image_size=16,
        batch_size=4,
        augmentation=augment.Augmentation(shift=0.1, scale=0.1),
        seed=5,
        source=source,
    )
    for _, joints, _ in batches.take(epochs * PEOPLE // 4):
        yield from (pose.tobytes() for pose in joints.numpy())


@pytest.mark.slow(8)
def test_examples_are_the_same_in_each_run_and_others_in_each_epoch(
    address, tmp_path
):
    data = data_of(tmp_path, FILES)
    wanted = set(poses(data, InPlace(address, "none"), 3))
    assert len(wanted) == 3 * PEOPLE
    for job in ("a", "b"):
        missing = set(wanted)
        # One worker may be epochs ahead of the other, which compiles first.
        for pose in poses(data, input_service.Service(address, job), 500):
            missing.discard(pose)
            if not missing:
                break
        assert not missing


def test_a_service_that_is_not_there_is_one_line():
    with pytest.raises(errors.InputError, match="want grpc://host:port"):
        service_processes.check("localhost:5050")
    with pytest.raises(errors.InputError, match="nobody answers"):
        service_processes.check("grpc://localhost:1")
    with pytest.raises(errors.InputError, match="--dispatcher=.* want grpc"):
        service_processes.worker("localhost:5050", "localhost", 0)


def test_a_worker_waits_for_its_dispatcher(caplog):
    [port] = worker_jobs.free_ports(1)
    address = f"grpc://localhost:{port}"
    started = []
    starting = threading.Thread(
        target=lambda: started.append(
            service_processes.worker(address, "localhost", 0)
        )
    )
    starting.start()
    starting.join(3)
    assert starting.is_alive()
    assert caplog.text.count(f"{address}: nobody answers yet") == 1
    dispatcher = service_processes.dispatcher(port)
    starting.join(30)
    source = input_service.Service(dispatcher.target, "late")
    assert int(next(iter(source.made(tf.data.Dataset.range(1))))) == 0
    started[0]._stop()
    dispatcher._stop()


def test_a_worker_that_waits_for_its_dispatcher_can_be_stopped():
    [port] = worker_jobs.free_ports(1)
    waiting = subprocess.Popen(
        [
            *(sys.executable, "-m", "deeppose_tf.input_server"),
            f"--dispatcher=grpc://localhost:{port}",
        ],
        cwd=launcher.ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert f"localhost:{port}: nobody answers yet" in waiting.stderr.readline()
    waiting.send_signal(signal.SIGTERM)
    assert waiting.communicate()[1] == "stopped by SIGTERM\n"
    assert waiting.returncode == 128 + signal.SIGTERM


def test_what_a_service_lacks_is_one_line():
    said = "{{node a}} Failed to get split: Iteration id 1 not found\n\t[[b]]"
    error = tf.errors.NotFoundError(None, None, said)
    with pytest.raises(errors.InputError) as caught:
        with service_processes.failure_noticed("grpc://a:1"):
            raise error
    message = str(caught.value)
    assert message.startswith(
        "--tf_data_service=grpc://a:1: Failed to get split: Iteration id 1 not "
        "found (has its dispatcher"
    )
    assert "\n" not in message
    with pytest.raises(tf.errors.NotFoundError):
        with service_processes.failure_noticed(None):
            raise error
