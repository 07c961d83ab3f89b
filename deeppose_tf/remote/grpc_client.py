"""Asks TensorFlow Serving over gRPC; its messages need TensorFlow."""

import json
import math
import re

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis import prediction_service_pb2_grpc

from deeppose_tf.remote import answers
from deeppose_tf.remote import proxies
from deeppose_tf.remote import server_errors
from deeppose_tf.serving import interface

# Parts of gRPC's messages: errors of the same code differ only in them.
_WRONG_PROTOCOL = re.compile(
    "failed to connect.*(HTTP/2|recvmsg|Socket closed)"
)
_NO_CONNECTION = re.compile("connect|resolv|DNS|socket|proxy", re.IGNORECASE)
_TOO_LARGE = "larger than max"


class Client:
    """A connection to a server; see `rest_client.Client`."""

    def __init__(self, server: str, timeout: float, retries: int):
        """Connects with the first request; timeout is for all its tries."""
        self._server, self._timeout = server, timeout
        self._proxy = proxies.hint(proxies.of_grpc(server), server)
        self._channel = grpc.insecure_channel(
            server, _options(timeout, retries)
        )
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(
            self._channel
        )

    def close(self):
        """Ends the connection."""
        self._channel.close()

    def ask(
        self, model: server_errors.Model, inputs: dict
    ) -> dict[str, np.ndarray]:
        """What a model answers; see `rest_client.Client.ask`."""
        request = predict_pb2.PredictRequest()
        request.model_spec.name = model.name
        request.model_spec.signature_name = interface.IMAGE_BYTES
        for name, value in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
        # No output_filter: a filtered request is not batched with others.
        try:
            outputs = self._stub.Predict(request, timeout=self._timeout).outputs
        except grpc.RpcError as error:
            raise self._translate(model, error) from error
        if not set(model.outputs) <= set(outputs):
            raise server_errors.wrong_model(model, outputs)
        return {
            name: _values(model, name, outputs[name])
            for name in model.wanted(outputs)
        }

    def _translate(self, model, error):
        """Our own error in place of gRPC's."""
        code, message = error.code(), str(error.details())
        if code == grpc.StatusCode.DEADLINE_EXCEEDED:
            return server_errors.late(self._timeout)
        if code == grpc.StatusCode.NOT_FOUND:
            return server_errors.unknown_model(model, message)
        if code == grpc.StatusCode.UNIMPLEMENTED:
            return server_errors.wrong_protocol(
                self._server, "gRPC", message, self._proxy
            )
        if code == grpc.StatusCode.UNAVAILABLE:
            return self._unavailable(message)
        if _TOO_LARGE in message:
            return server_errors.too_large(self._server, answers.MOST_BYTES)
        return server_errors.rejected(message)

    def _unavailable(self, message):
        """A failed connection and a server that is not ready share a code."""
        if _WRONG_PROTOCOL.search(message):
            return server_errors.wrong_protocol(
                self._server, "gRPC", message, self._proxy
            )
        if _NO_CONNECTION.search(message):
            return server_errors.unreachable(self._server, message, self._proxy)
        return server_errors.not_ready(self._server, message, self._proxy)


def _values(model, name, tensor):
    """An output as finite float32 of any shape."""
    sizes = [dim.size for dim in tensor.tensor_shape.dim]
    # A small message can claim any shape; it would be filled with one value.
    fits = (
        min(sizes, default=1) >= 0
        and 4 * math.prod(sizes) <= answers.MOST_BYTES
    )
    if tensor.dtype != tf.float32.as_datatype_enum or not fits:
        raise server_errors.wrong_values(
            model, f"{name} is no float32 tensor of this size: {sizes}"
        )
    try:
        values = tf.make_ndarray(tensor)
    except ValueError as error:  # Not as many values as the shape says.
        raise server_errors.wrong_values(model, f"{name}: {error}") from error
    return answers.finite(model, name, values)


def _options(timeout, retries):
    policy = {
        "maxAttempts": retries + 1,
        "initialBackoff": "0.2s",
        "maxBackoff": "2s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    method = {"name": [{"service": "tensorflow.serving.PredictionService"}]}
    if retries:
        method["retryPolicy"] = policy
    return (
        ("grpc.service_config", json.dumps({"methodConfig": [method]})),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_receive_message_length", answers.MOST_BYTES),
        # A larger request would not be sent again, and photos are larger than
        # the 256 KiB that gRPC keeps.
        ("grpc.per_rpc_retry_buffer_size", 2**31 - 1),
        # Connecting fails before the timeout, so that a host that drops all
        # packets is not reported as a slow answer.
        ("grpc.min_reconnect_backoff_ms", int(250 * timeout)),
        ("grpc.initial_reconnect_backoff_ms", 100),
    )
