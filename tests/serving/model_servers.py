"""Servers that answer as TensorFlow Serving does, out of this process."""

import base64
import contextlib
import dataclasses
import http.server
import json
import threading
from collections.abc import Callable
from concurrent import futures

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis import prediction_service_pb2_grpc

from deeppose_tf.remote import answers


@dataclasses.dataclass
class Model:
    """What is behind a server.

    `answer` is a signature of a cascade, `finder` of a person finder; the first
    calls fail as often as `busy` says, for the reason `busy_with`, and none is
    answered before `answers` is set.
    """

    answer: Callable
    name: str = "lsp"
    finder: Callable | None = None
    busy: int = 0
    busy_with: type = tf.errors.UnavailableError
    calls: list = dataclasses.field(default_factory=list)
    answers: threading.Event = dataclasses.field(
        default_factory=threading.Event
    )

    def __post_init__(self):
        self.answers.set()

    def ask(self, name, signature, image_bytes, **box):
        self.calls.append((image_bytes, box.get("box")))
        self.answers.wait(30)
        if len(self.calls) <= self.busy:
            raise self.busy_with(None, None, "queue is full")
        served = {self.name: self.answer}
        if self.finder:
            served["person_finder"] = self.finder
        if name not in served:
            raise tf.errors.NotFoundError(
                None, None, f"Servable not found for request: Latest({name})"
            )
        assert signature == "serving_default"
        box = {
            key: tf.constant(value, tf.float32) for key, value in box.items()
        }
        outputs = served[name](image_bytes=tf.constant(image_bytes), **box)
        return {key: np.asarray(value) for key, value in outputs.items()}


_HTTP = {
    tf.errors.UnavailableError: 503,
    tf.errors.NotFoundError: 404,
    tf.errors.InvalidArgumentError: 400,
    tf.errors.ResourceExhaustedError: 429,
    tf.errors.DeadlineExceededError: 504,
}


@contextlib.contextmanager
def rest(model):
    """Yields its host:port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            request = json.loads(self.rfile.read(length))
            name = self.path.removeprefix("/v1/models/").removesuffix(
                ":predict"
            )
            inputs = request["inputs"]
            inputs["image_bytes"] = [
                base64.b64decode(image["b64"])
                for image in inputs["image_bytes"]
            ]
            try:
                outputs = model.ask(name, request["signature_name"], **inputs)
            except tuple(_HTTP) as error:
                self._send(_HTTP[type(error)], {"error": error.message})
            else:
                values = {k: v.tolist() for k, v in outputs.items()}
                self._send(200, {"outputs": values})

        def _send(self, status, values):
            body = json.dumps(values).encode()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http_server(Handler) as address:
        yield address
        model.answers.set()


@contextlib.contextmanager
def http_server(handler):
    """Yields the host:port of an HTTP server in a thread."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


_GRPC = {
    tf.errors.UnavailableError: grpc.StatusCode.UNAVAILABLE,
    tf.errors.NotFoundError: grpc.StatusCode.NOT_FOUND,
    tf.errors.InvalidArgumentError: grpc.StatusCode.INVALID_ARGUMENT,
}


@contextlib.contextmanager
def over_grpc(model):
    """Yields its host:port."""

    class Servicer(prediction_service_pb2_grpc.PredictionServiceServicer):
        def Predict(self, request, context):
            inputs = {
                name: tf.make_ndarray(value)
                for name, value in request.inputs.items()
            }
            inputs["image_bytes"] = list(inputs["image_bytes"])
            spec = request.model_spec
            try:
                outputs = model.ask(spec.name, spec.signature_name, **inputs)
            except tuple(_GRPC) as error:
                context.abort(_GRPC[type(error)], error.message)
            response = predict_pb2.PredictResponse()
            for name, value in outputs.items():
                response.outputs[name].CopyFrom(tf.make_tensor_proto(value))
            return response

    server = grpc.server(
        futures.ThreadPoolExecutor(4),
        options=[("grpc.max_receive_message_length", -1)],
    )
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        Servicer(), server
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        model.answers.set()
        server.stop(None).wait()


SERVERS = {"rest": rest, "grpc": over_grpc}


@dataclasses.dataclass
class Cascade:
    """Asks a client for the joints and scores of a cascade."""

    client: object
    name: str = "lsp"

    def ask(self, encoded, box):
        inputs = {"image_bytes": [encoded] * len(box), "box": box}
        outputs = self.client.ask(answers.cascade(self.name), inputs)
        return outputs["joints"], outputs["scores"]
