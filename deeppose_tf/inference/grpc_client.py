"""Asks TensorFlow Serving over gRPC."""

import json
import re

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis import prediction_service_pb2_grpc

from deeppose_tf.inference import server_errors
from deeppose_tf.serving import interface

# Parts of gRPC's messages: errors of the same code differ only in them.
_WRONG_PROTOCOL = re.compile(
    "failed to connect.*(HTTP/2|recvmsg|Socket closed)"
)
_NO_CONNECTION = re.compile("connect|resolv|DNS|socket", re.IGNORECASE)


class Client:
    """A connection to one model of a server; see `rest_client.Client`."""

    def __init__(self, server: str, model: str, timeout: float, retries: int):
        """Connects with the first request; timeout is for all its tries."""
        self._server, self._model, self._timeout = server, model, timeout
        self._channel = grpc.insecure_channel(
            server, _options(timeout, retries)
        )
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(
            self._channel
        )

    def close(self):
        """Ends the connection."""
        self._channel.close()

    def ask(self, encoded: bytes, box: np.ndarray):
        """Joints and scores of a picture; see `rest_client.Client.ask`."""
        request = predict_pb2.PredictRequest()
        request.model_spec.name = self._model
        request.model_spec.signature_name = interface.IMAGE_BYTES
        for name, value in {
            "image_bytes": [encoded] * len(box),
            "box": np.float32(box),
        }.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
        # No output_filter: a filtered request is not batched with others.
        try:
            outputs = self._stub.Predict(request, timeout=self._timeout).outputs
        except grpc.RpcError as error:
            raise self._translate(error) from error
        if not {interface.JOINTS, interface.SCORES} <= set(outputs):
            raise server_errors.wrong_model(self._model, outputs)
        return tuple(
            tf.make_ndarray(outputs[name])
            for name in (interface.JOINTS, interface.SCORES)
        )

    def _translate(self, error):
        """Our own error in place of gRPC's."""
        code, message = error.code(), error.details()
        if code == grpc.StatusCode.DEADLINE_EXCEEDED:
            return server_errors.late(self._timeout)
        if code == grpc.StatusCode.NOT_FOUND:
            return server_errors.unknown_model(self._model, message)
        if code == grpc.StatusCode.UNIMPLEMENTED:
            return server_errors.wrong_protocol(self._server, "gRPC", message)
        if code == grpc.StatusCode.UNAVAILABLE:
            return self._unavailable(message)
        return server_errors.rejected(message)

    def _unavailable(self, message):
        """A failed connection and a server that is not ready share a code."""
        if _WRONG_PROTOCOL.search(message):
            return server_errors.wrong_protocol(self._server, "gRPC", message)
        if _NO_CONNECTION.search(message):
            return server_errors.unreachable(self._server, message)
        return server_errors.not_ready(self._server, message)


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
        ("grpc.max_receive_message_length", -1),
        # A larger request would not be sent again, and photos are larger than
        # the 256 KiB that gRPC keeps.
        ("grpc.per_rpc_retry_buffer_size", 2**31 - 1),
        # Connecting fails before the timeout, so that a host that drops all
        # packets is not reported as a slow answer.
        ("grpc.min_reconnect_backoff_ms", int(250 * timeout)),
        ("grpc.initial_reconnect_backoff_ms", 100),
    )
