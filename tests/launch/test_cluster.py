import json
import socket

import pytest

from deeppose_tf import errors
from deeppose_tf.launch import cluster
from deeppose_tf.training import training_options

TWO = ["a:1", "b:2"]


def config(members, kind="worker", index=0):
    return json.dumps(
        {"cluster": members, "task": {"type": kind, "index": index}}
    )


@pytest.mark.parametrize(
    ("text", "addresses", "index"),
    [
        ("", (), 0),
        (config({"worker": TWO}, index=1), ("a:1", "b:2"), 1),
        (config({"worker": TWO, "chief": ["c:3"]}), ("c:3", "a:1", "b:2"), 1),
        (config({"worker": TWO, "chief": ["c:3"]}, "chief"), ("c:3", *TWO), 0),
    ],
)
def test_the_chief_comes_first(monkeypatch, text, addresses, index):
    monkeypatch.setenv("TF_CONFIG", text)
    found = cluster.from_environment()
    assert (found.addresses, found.index) == (addresses, index)
    assert found.workers == max(1, len(addresses))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not understood"),
        ("[]", "not understood"),
        ('{"cluster": {"worker": ["a:1"]}}', "not understood .'task'"),
        (config({"worker": TWO}, index=2), "task worker 2 is not"),
        (config({"worker": TWO}, "chief"), "task chief 0 is not"),
        (config({"worker": TWO, "ps": ["c:3"]}), "names ps tasks"),
        (config({"worker": ["a:1", "a:1"]}), "an address twice"),
        (config({"worker": ["a:1", "b"]}), "the address 'b', want host:port"),
    ],
)
def test_what_is_wrong_with_tf_config_is_said(monkeypatch, text, message):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(errors.InputError, match=f"{message}.*set it like"):
        cluster.from_environment()


@pytest.mark.parametrize("host", ["", "127.0.0.1"])
def test_a_port_that_is_taken_is_refused(host):
    with socket.create_server((host, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(errors.InputError, match="--port=7: the port"):
            cluster.check_port(port, "--port=7")
    cluster.check_port(port, "--port=7")


@pytest.mark.parametrize(
    ("strategy", "workers", "kind"),
    [
        (None, 0, "mirrored"),
        (None, 1, "mirrored"),
        (None, 2, "multi_worker"),
        ("multi_worker", 1, "multi_worker"),
        ("one_device", 0, "one_device"),
    ],
)
def test_several_workers_choose_the_strategy(
    monkeypatch, strategy, workers, kind
):
    text = config({"worker": TWO[:workers]}) if workers else ""
    monkeypatch.setenv("TF_CONFIG", text)
    assert training_options.Placement(strategy).kind() == kind


@pytest.mark.parametrize(
    ("strategy", "workers", "cpus", "message"),
    [
        ("multi_worker", 0, 1, "TF_CONFIG names no workers"),
        ("mirrored", 2, 1, "TF_CONFIG names 2 workers"),
        ("one_device", 2, 1, "TF_CONFIG names 2 workers"),
        (None, 2, 2, "--logical_cpus=2: only with --strategy=mirrored"),
        ("one_device", 0, 2, "--logical_cpus=2: only"),
    ],
)
def test_contradictions_are_refused(
    monkeypatch, strategy, workers, cpus, message
):
    text = config({"worker": TWO}) if workers else ""
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(errors.InputError, match=message):
        training_options.Placement(strategy, cpus).kind()
