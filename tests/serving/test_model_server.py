"""The exported cascade in a real TensorFlow Serving, where one is installed."""

import contextlib
import shutil
import subprocess
import time
from concurrent import futures

import numpy as np
import pytest
import requests

from deeppose_tf import errors
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions
from tests import worker_jobs
from tests.launcher import ROOT

rest_client = pytest.importorskip("deeppose_tf.remote.rest_client")
grpc_client = pytest.importorskip("deeppose_tf.remote.grpc_client")
model_servers = pytest.importorskip("tests.serving.model_servers")

CLIENTS = {"rest": rest_client.Client, "grpc": grpc_client.Client}
both = pytest.mark.parametrize("protocol", list(CLIENTS))
pytestmark = pytest.mark.slow(20)
BOX = np.float32([[60, 70, 90, 110.5]])


@pytest.fixture(scope="module")
def server(exported, tmp_path_factory):
    """Addresses of a server with the files of serving/, by protocol."""
    binary = shutil.which("tensorflow_model_server")
    if not binary:
        pytest.skip("no tensorflow_model_server on PATH")
    folder = tmp_path_factory.mktemp("server")
    text = (ROOT / "serving" / "models.config").read_text()
    (folder / "models.config").write_text(
        text.replace("/models/lsp", str(exported)).replace(
            "/models/person_finder", str(versions.FINDER)
        )
    )
    grpc_port, rest_port = worker_jobs.free_ports(2)
    log = folder / "log.txt"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                binary,
                f"--port={grpc_port}",
                f"--rest_api_port={rest_port}",
                f"--model_config_file={folder / 'models.config'}",
                "--enable_batching=true",
                f"--batching_parameters_file={ROOT}/serving/batching.config",
                f"--monitoring_config_file={ROOT}/serving/monitoring.config",
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    addresses = {
        "rest": f"127.0.0.1:{rest_port}",
        "grpc": f"127.0.0.1:{grpc_port}",
    }
    try:
        wait(process, addresses["rest"], log)
        yield addresses
    finally:
        process.terminate()
        process.wait(60)


def wait(process, address, log):
    """Until a version is loaded and warmed up."""
    end = time.monotonic() + 300
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(requests.ConnectionError):
            status = requests.get(f"http://{address}/v1/models/lsp", timeout=10)
            if "AVAILABLE" in status.text:
                return
        time.sleep(0.2)
    pytest.fail(f"the server does not start: {log.read_text()[-3000:]}")


@pytest.fixture
def ask(protocol, server):
    client = CLIENTS[protocol](server[protocol], 60.0, 3)
    with contextlib.closing(client):
        yield model_servers.Cascade(client).ask


@pytest.fixture(scope="module")
def photos(people):
    return [
        path.read_bytes() for path in sorted((people / "images").iterdir())[:12]
    ]


@pytest.fixture(scope="module")
def want(exported, photos):
    """Python's answers, one photo at a time."""
    signature = saved_models.load(str(exported)).signatures["serving_default"]
    return [
        signature(image_bytes=np.array([photo], object), box=BOX)
        for photo in photos
    ]


@both
def test_the_server_s_joints_are_python_s(ask, photos, want):
    joints, scores = ask(photos[0], BOX)
    np.testing.assert_allclose(joints, want[0]["joints"], atol=1e-2)
    np.testing.assert_allclose(scores, want[0]["scores"], atol=1e-3)


@both
def test_requests_that_come_together_are_answered_each_by_its_own(
    ask, photos, want
):
    with futures.ThreadPoolExecutor(len(photos)) as pool:
        answers = list(pool.map(lambda photo: ask(photo, BOX), photos))
    for (joints, _), each in zip(answers, want, strict=True):
        np.testing.assert_allclose(joints, each["joints"], atol=1e-2)


@both
def test_a_broken_image_is_named(ask):
    with pytest.raises(errors.InputError, match=r"image_bytes\[0\]"):
        ask(b"no photo", BOX)


def test_prometheus_finds_metrics(server):
    path = "/monitoring/prometheus/metrics"
    found = requests.get(f"http://{server['rest']}{path}", timeout=10)
    assert found.status_code == 200
    assert ":tensorflow:" in found.text
