"""What test_bad_servers.py asks of REST, of gRPC."""

import contextlib
import time
from concurrent import futures

import numpy as np
import pytest

from deeppose_tf import errors
from deeppose_tf.remote import predictor
from deeppose_tf.remote import server_errors
from deeppose_tf.serving import interface
from tests.remote import bad_servers

grpc = pytest.importorskip("grpc")
pytest.importorskip("deeppose_tf.remote.grpc_client")
tf = pytest.importorskip("tensorflow")
tensor_pb2 = pytest.importorskip("tensorflow.core.framework.tensor_pb2")
predict_pb2 = pytest.importorskip("tensorflow_serving.apis.predict_pb2")
services = pytest.importorskip(
    "tensorflow_serving.apis.prediction_service_pb2_grpc"
)
WHOLE = np.zeros((1, 4), np.float32)
SCORES = np.full((1, 14), 0.5, np.float32)
CODES = "\x1b]0;owned\x07\u202e"


def tensor(dtype="float32", shape=(1, 14), **values):
    return tensor_pb2.TensorProto(
        dtype=tf.as_dtype(dtype).as_datatype_enum,
        tensor_shape=tf.TensorShape(shape).as_proto(),
        **values,
    )


# Scores that are sent, and words of the line.
SCORES_SENT = {
    "strings": (tensor("string", string_val=[b"1"]), "no float32 tensor"),
    "doubles": (np.float64(SCORES), "no float32 tensor"),
    "no type": (tensor("float32", ()), r"scores \[\] are not of"),
    "a huge shape": (
        tensor(shape=(1 << 20, 1 << 20), float_val=[0.5]),
        "no float32 tensor of this size: .1048576, 1048576",
    ),
    "a negative shape": (tensor(shape=(None, 14)), "no float32 tensor"),
    "too few bytes": (tensor(tensor_content=b"1234"), "scores: "),
    "half a number": (tensor(tensor_content=b"123"), "scores: "),
    "too many values": (tensor(float_val=[0.5] * 15), "scores: "),
    "not a number": (SCORES * np.nan, "scores .* not all finite"),
    "infinity": (SCORES * np.inf, "scores .* not all finite"),
    "too large": (SCORES + 1, r"scores are not in \[0, 1\]"),
    "fewer joints": (SCORES[:, :3], r"joints \[1, 14, 2\] and scores \[1, 3\]"),
}
STATUSES = {
    "codes": (grpc.StatusCode.INVALID_ARGUMENT, CODES, r"\\x1b\]0;owned\\x07"),
    "a busy one": (grpc.StatusCode.UNAVAILABLE, CODES, r"not ready .\\x1b"),
    "not found": (grpc.StatusCode.NOT_FOUND, CODES, "no model of this name"),
    "a long one": (grpc.StatusCode.INTERNAL, "x" * 2000, r"x{300} \.\.\.$"),
    "no words": (grpc.StatusCode.UNKNOWN, "", "rejects the request"),
}


@contextlib.contextmanager
def served(predict):
    """Yields the host:port of a server with this method."""

    class Servicer(services.PredictionServiceServicer):
        def Predict(self, request, context):
            return predict(context)

    server = grpc.server(futures.ThreadPoolExecutor(2))
    services.add_PredictionServiceServicer_to_server(Servicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


def response(**outputs):
    made = predict_pb2.PredictResponse()
    for name, value in outputs.items():
        if isinstance(value, np.ndarray):
            value = tf.make_tensor_proto(value)
        made.outputs[name].CopyFrom(value)
    return made


def ask(address, timeout=20.0):
    client = predictor.connect("grpc", address, timeout, retries=0)
    server = predictor.RemotePredictor(client, "lsp", None, "lsp")
    with contextlib.closing(server):
        return server.poses(b"photo", WHOLE)


def refused(address, words, timeout=20.0):
    """Whether a server's answer ends in one line with these words."""
    wanted = errors.InputError, server_errors.ServerError
    with pytest.raises(wanted, match=words) as told:
        ask(address, timeout)
    assert str(told.value).isprintable()
    return len(str(told.value)) < 700


JOINTS = np.ones((1, 14, 2), np.float32)


def test_a_sound_answer_is_taken():
    with served(lambda _: response(joints=JOINTS, scores=SCORES)) as address:
        found = ask(address)
    np.testing.assert_array_equal(found.joints, JOINTS)
    assert found.score == 0.5  # The mean, as of an earlier export.


def test_people_s_own_scores_are_taken():
    def sent(values):
        more = {interface.PERSON_SCORES: np.float32(values)}
        return served(lambda _: response(joints=JOINTS, scores=SCORES, **more))

    with sent([0.75]) as address:
        assert ask(address).score == 0.75
    for values, words in (
        ([0.5, 0.5], r"person_scores \[2\] are not of \[1\]"),
        ([], r"person_scores \[0\] are not of \[1\]"),
        ([[0.5]], r"person_scores \[1, 1\] are not of \[1\]"),
        ([1.5], r"scores are not in \[0, 1\]"),
        ([np.nan], "person_scores .* not all finite"),
    ):
        with sent(values) as address:
            assert refused(address, words)


@pytest.mark.parametrize("name", SCORES_SENT)
def test_bad_values_end_in_one_line(name):
    scores, words = SCORES_SENT[name]
    with served(lambda _: response(joints=JOINTS, scores=scores)) as address:
        assert refused(address, words)


@pytest.mark.parametrize("name", STATUSES)
def test_a_bad_status_ends_in_one_line(name):
    code, details, words = STATUSES[name]
    with served(lambda context: context.abort(code, details)) as address:
        assert refused(address, words)


def test_a_large_answer_is_not_taken():
    large = response(joints=np.zeros(5 << 20, np.float32), scores=SCORES)
    with served(lambda _: large) as address:
        assert refused(address, "answer is larger than 16 MiB")


@pytest.mark.parametrize("status", ["307 Moved", "200 OK", "403 No"])
def test_what_is_no_grpc_ends_in_one_line(status):
    answer = bad_servers.http(b"<html>", status, "text/html")
    with bad_servers.answering(answer) as (address, _):
        assert refused(address, f"--server={address}: no gRPC there", 4.0)


def test_a_dripping_answer_is_late():
    # A frame of settings, as HTTP/2 begins, and then one byte of a ping each.
    settings = b"\0\0\0\4\0\0\0\0\0"
    before = time.monotonic()
    with bad_servers.answering(settings, forever=b"\0", pause=0.05) as (
        address,
        _,
    ):
        assert refused(address, "--timeout=1 seconds|no .*there", 1.0)
    assert time.monotonic() - before < 5.0
