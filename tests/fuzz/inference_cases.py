"""What is fuzzed of inference: photos, requests to a graph, answers of servers.

Like cases.py, whose `ALL` holds these too.
"""

import io
import json
import pathlib
import struct
from collections.abc import Callable

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf import message
from PIL import Image
from tensorflow.core.framework import tensor_shape_pb2
from tensorflow_serving.apis import predict_pb2

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.inference import photos
from deeppose_tf.models import cascade
from deeppose_tf.models import confidence
from deeppose_tf.remote import bounded_http
from deeppose_tf.remote import grpc_client
from deeppose_tf.remote import predictor
from deeppose_tf.remote import rest_client
from deeppose_tf.remote import server_errors
from deeppose_tf.serving import interface
from deeppose_tf.serving import signatures
from tests import tiny
from tests.fuzz import changes

_SIZES = (1, 2, 60, 700, 8000)
_MOST = 10**7  # Pixels of a picture that is made.
_NUMBERS = (0.0, -1.0, 0.5, 40.0, 1e4, -1e9, 1e38, np.nan, np.inf)


def of_photos(folder: pathlib.Path) -> Callable:
    """A user's photos, of each format that is opened."""
    path = folder / "photo.jpg"

    def attempt(rng):
        kind = rng.choice(["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
        path.write_bytes(changes.of_bytes(rng, _picture(kind, (60, 80))))
        pixels = photos.load(path)
        assert pixels.dtype == np.uint8 and pixels.shape[2:] == (3,)

    return attempt


def of_server(folder: pathlib.Path) -> Callable:
    """Requests to an exported graph: pictures, their sizes, boxes."""
    last = tiny.untrained(folder, skeletons.LSP)
    server = signatures.Server(
        cascade.load(last),
        confidence.Confidence(np.zeros(14), 1.0, 1),
        max_pixels=10**6,
    )

    def attempt(rng):
        count = rng.choice([1, 1, 2, 5])
        pictures = []
        for _ in range(count):
            size = rng.choice(_SIZES), rng.choice(_SIZES)
            kinds = ["JPEG", "PNG"] * 4 + ["GIF", "BMP"]
            content = _picture(rng.choice(kinds), size)
            if rng.random() < 0.3:
                content = changes.of_bytes(rng, content)
            if rng.random() < 0.1:
                content = _lies(rng, size)
            pictures.append(content)
        odd = rng.random() < 0.3
        boxes = [
            [rng.choice(_NUMBERS if odd else _NUMBERS[:4]) for _ in range(4)]
            for _ in pictures
        ]
        if rng.random() < 0.05:
            boxes.append([1.0] * 4)
        try:
            answer = server.from_bytes(
                image_bytes=tf.constant(pictures),
                box=tf.constant(boxes, tf.float32),
            )
        except tf.errors.InvalidArgumentError as error:
            raise errors.InputError(error.message) from error
        _check(answer[interface.JOINTS], answer[interface.SCORES])

    return attempt


def of_answers(folder: pathlib.Path) -> Callable:
    """What a client makes of a server's answer."""
    sound = {
        "outputs": {
            interface.JOINTS: [[[1.0, 2.0]] * 14],
            interface.SCORES: [[0.5] * 14],
            interface.PERSON_SCORES: [0.5],
            interface.BOX: [[[5.0, 6.0, 7.0, 8.0]]],
            interface.SCORE: [[0.9]],
        }
    }
    client = rest_client.Client("localhost:1", 1.0, 0)

    def attempt(rng):
        answer = changes.of_json(rng, sound) if rng.random() < 0.7 else sound
        body = json.dumps(answer).encode(errors="surrogatepass")
        if rng.random() < 0.2:
            body = changes.of_bytes(rng, body)
        status = rng.choice([200] * 8 + [301, 404, 500, 503])
        client._connection = _Stub(bounded_http.Answer(status, "", {}, body))
        asked = predictor.RemotePredictor(client, "lsp", "finder", "lsp")
        try:
            found = asked.find(b"photo")
            poses = asked.poses(b"photo", np.zeros((1, 4), np.float32))
        except server_errors.ServerError as error:
            raise errors.InputError(str(error)) from error
        _check(found, poses.joints, poses.scores, poses.score)

    return attempt


def of_grpc_answers(folder: pathlib.Path) -> Callable:
    """The same over gRPC: messages, some of them cut or of another kind."""
    client = grpc_client.Client("localhost:1", 1.0, 0)
    sound = predict_pb2.PredictResponse()
    for name, shape in (
        (interface.JOINTS, (1, 14, 2)),
        (interface.SCORES, (1, 14)),
        (interface.BOX, (1, 1, 4)),
        (interface.SCORE, (1, 1)),
    ):
        values = np.full(shape, 0.5, np.float32)
        sound.outputs[name].CopyFrom(tf.make_tensor_proto(values))

    def attempt(rng):
        client._stub = _GrpcStub(rng, sound)
        asked = predictor.RemotePredictor(client, "lsp", "finder", "lsp")
        try:
            found = asked.find(b"photo")
            poses = asked.poses(b"photo", np.zeros((1, 4), np.float32))
        except server_errors.ServerError as error:
            raise errors.InputError(str(error)) from error
        _check(found, poses.joints, poses.scores)

    return attempt


class _RpcError(grpc.RpcError):
    """As a server or gRPC itself raises it."""

    def __init__(self, code, details):
        super().__init__()
        self.code, self.details = (lambda: code), (lambda: details)


class _GrpcStub:
    """A server of changed messages."""

    def __init__(self, rng, sound):
        self._rng, self._sound = rng, sound

    def Predict(self, request, timeout):
        rng, response = self._rng, predict_pb2.PredictResponse()
        if rng.random() < 0.1:
            details = rng.choice([None, "", "\x1b[31m", "connect", "a" * 9999])
            raise _RpcError(rng.choice([*grpc.StatusCode]), details)
        response.CopyFrom(self._sound)
        for tensor in [*response.outputs.values()]:
            if rng.random() < 0.4:
                _change_tensor(rng, tensor)
        content = response.SerializeToString()
        if rng.random() < 0.3:
            content = changes.of_bytes(rng, content)
        try:
            return predict_pb2.PredictResponse.FromString(content)
        except message.DecodeError as error:  # gRPC tells it so.
            raise _RpcError(grpc.StatusCode.INTERNAL, str(error)) from error


def _change_tensor(rng, tensor):
    action = rng.randrange(5)
    if action == 0:
        tensor.dtype = rng.choice([0, 1, 2, 3, 7, 9, 10, 14, 19, 101, 9999])
    elif action == 1:
        sizes = [rng.choice([-2, -1, 0, 1, 2, 14, 1 << 40]) for _ in range(3)]
        tensor.tensor_shape.CopyFrom(tensor_shape_pb2.TensorShapeProto())
        for size in sizes[: rng.randrange(4)]:
            tensor.tensor_shape.dim.add(size=size)
    elif action == 2:
        tensor.tensor_content = rng.randbytes(rng.choice([0, 3, 4, 56, 112]))
    elif action == 3:
        tensor.float_val.extend([rng.choice(_NUMBERS)] * rng.choice([1, 14]))
    else:
        tensor.tensor_shape.unknown_rank = True


class _Stub:
    """A connection that always gives one answer."""

    def __init__(self, answer):
        self._answer = answer

    def post(self, url, body):
        return self._answer

    def close(self):
        pass


def _check(*arrays):
    if not all(np.isfinite(array).all() for array in arrays):
        raise changes.NotFinite


def _picture(kind, size):
    """Noise, encoded."""
    height, width = size
    if height * width > _MOST:
        height, width = min(height, 64), min(width, 64)
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    tiled = np.resize(noise, (height, width, 3))
    buffer = io.BytesIO()
    Image.fromarray(tiled).save(buffer, kind)
    return buffer.getvalue()


def _lies(rng, size):
    """A PNG whose header says another size than its pixels have."""
    content = bytearray(_picture("PNG", (8, 8)))
    struct.pack_into(">II", content, 16, rng.choice(_SIZES) * 9, size[0] * 9)
    return bytes(content)


ALL = {
    "photos": of_photos,
    "the server's graph": of_server,
    "a server's answers": of_answers,
    "the same over gRPC": of_grpc_answers,
}
