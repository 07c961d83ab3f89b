"""The files in serving/, as TensorFlow Serving and Docker read them."""

import http.server
import json
import re
import shutil
import subprocess

import pytest
from google.protobuf import descriptor_pb2
from google.protobuf import descriptor_pool
from google.protobuf import message_factory
from google.protobuf import text_format
from google.protobuf import wrappers_pb2

from deeppose_tf.serving import versions
from deeppose_tf.serving import warmup
from tests.launcher import ROOT

SERVING = ROOT / "serving"
COMPOSE = (SERVING / "compose.yaml").read_text()
# TensorFlow Serving's messages that its Python package leaves out: name ->
# (field, number, its message). Enough to refuse a misspelt field.
_MESSAGES = {
    "BatchingParameters": (
        ("max_batch_size", 1, "google.protobuf.Int64Value"),
        ("batch_timeout_micros", 2, "google.protobuf.Int64Value"),
        ("max_enqueued_batches", 3, "google.protobuf.Int64Value"),
        ("num_batch_threads", 4, "google.protobuf.Int64Value"),
    ),
    "PrometheusConfig": (("enable", 1, bool), ("path", 2, str)),
    "MonitoringConfig": (("prometheus_config", 1, "PrometheusConfig"),),
}
_TYPES = {
    bool: descriptor_pb2.FieldDescriptorProto.TYPE_BOOL,
    str: descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
}


def message(name):
    """An empty message of _MESSAGES."""
    file = descriptor_pb2.FileDescriptorProto(
        name="configs.proto",
        syntax="proto3",
        dependency=[wrappers_pb2.DESCRIPTOR.name],
    )
    for each, fields in _MESSAGES.items():
        kind = file.message_type.add(name=each)
        for field, number, inside in fields:
            added = kind.field.add(name=field, number=number, label=1)
            if inside in _TYPES:
                added.type = _TYPES[inside]
            else:
                added.type_name = inside
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    found = pool.FindMessageTypeByName(name)
    return message_factory.GetMessageClass(found)()


def parsed(name, into):
    return text_format.Parse((SERVING / name).read_text(), into)


def test_each_model_has_a_folder_of_its_name():
    configs = pytest.importorskip(
        "tensorflow_serving.config.model_server_config_pb2"
    )
    found = parsed("models.config", configs.ModelServerConfig())
    models = found.model_config_list.config
    # What clients ask for without flags, the cascade first: the health check
    # asks for it.
    assert [model.name for model in models] == ["lsp", "person_finder"]
    for model in models:
        assert f"target: /models/{model.name}\n" in COMPOSE
        assert model.base_path == f"/models/{model.name}"
        assert model.model_platform == "tensorflow"
        assert model.model_version_policy.latest.num_versions == 1


def test_models_and_policies_in_comments_are_valid_too():
    configs = pytest.importorskip(
        "tensorflow_serving.config.model_server_config_pb2"
    )
    text = (SERVING / "models.config").read_text()
    more = re.search(r"# One more model.*:\n((?: +#.*\n)+)", text).group(1)
    added = text_format.Parse(
        more.replace("#", ""), configs.ModelConfigList()
    ).config[0]
    assert added.base_path == f"/models/{added.name}"
    policy = re.search(r"# +(model_version_policy .*)", text).group(1)
    pinned = text_format.Parse(policy, configs.ModelConfig())
    assert pinned.model_version_policy.specific.versions == [3]


def test_the_largest_batch_is_warmed_up():
    found = parsed("batching.config", message("BatchingParameters"))
    assert found.max_batch_size.value == warmup.SIZES[-1]
    for name in ("batch_timeout_micros", "max_enqueued_batches"):
        assert getattr(found, name).value > 0
    assert found.num_batch_threads.value >= 1


def test_misspelt_fields_would_be_found():
    with pytest.raises(text_format.ParseError, match="max_batch_sise"):
        text_format.Parse(
            "max_batch_sise { value: 1 }", message("BatchingParameters")
        )


def test_prometheus_is_told_a_path():
    found = parsed("monitoring.config", message("MonitoringConfig"))
    assert found.prometheus_config.enable
    assert found.prometheus_config.path == "/monitoring/prometheus/metrics"


def test_compose_names_files_that_exist():
    named = re.findall(r"--(\w+_file)=/config/(\S+)", COMPOSE)
    assert [flag for flag, _ in named] == [
        "model_config_file",
        "batching_parameters_file",
        "monitoring_config_file",
    ]
    for _, name in named:
        assert (SERVING / name).is_file()
    assert "- .:/config:ro" in COMPOSE
    shown = re.search(
        r"source: \$\{MODEL:-(\S+)\}\n\s+target: /models/lsp\n", COMPOSE
    )
    assert (SERVING / shown.group(1) / "3" / "saved_model.pb").is_file()
    shown = re.search(
        r"source: (\S+)\n\s+target: /models/person_finder\n", COMPOSE
    )
    assert versions.newest(SERVING / shown.group(1))


def test_the_demo_exports_to_where_the_server_looks():
    flags = (ROOT / "flags" / "demo" / "people.cfg").read_text()
    (model,) = re.findall(r"MODEL=\.\./(\S+)", COMPOSE)
    assert f"--export_dir={model}\n" in flags
    assert f"--model={model} " in (ROOT / "Makefile").read_text()


def test_compose_pins_the_image_and_publishes_both_ports_here_only():
    assert re.search(r"image: tensorflow/serving:\d+\.\d+\.\d+\n", COMPOSE)
    ports = re.findall(r"- ([\d.]+):(\d+):(\d+)", COMPOSE)
    assert ports == [
        ("127.0.0.1", "8500", "8500"),
        ("127.0.0.1", "8501", "8501"),
    ]


@pytest.mark.parametrize("state", ["AVAILABLE", "LOADING"])
def test_the_health_check_asks_for_a_version_that_is_available(state):
    servers = pytest.importorskip("tests.serving.model_servers")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            known = self.path == "/v1/models/lsp"
            body = json.dumps({"model_version_status": [{"state": state}]})
            self.send_response(200 if known else 404)
            self.end_headers()
            self.wfile.write(body.encode() if known else b"{}")

        def log_message(self, *_):
            pass

    if not shutil.which("bash"):
        pytest.skip("no bash on PATH")
    check = re.search(r"- (exec .*)", COMPOSE).group(1)
    assert check.count("127.0.0.1/8501") == 1
    with servers.http_server(Handler) as address:
        here = check.replace("127.0.0.1/8501", address.replace(":", "/"))
        done = subprocess.run(["bash", "-c", here], timeout=30)
    assert (done.returncode == 0) == (state == "AVAILABLE")


def test_the_health_check_fails_without_a_server():
    check = re.search(r"- (exec .*)", COMPOSE).group(1)
    # Nothing listens on port 1.
    here = check.replace("127.0.0.1/8501", "127.0.0.1/1")
    done = subprocess.run(["bash", "-c", here], capture_output=True, timeout=30)
    assert done.returncode != 0
