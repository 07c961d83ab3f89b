"""What a request costs by gRPC and by REST, beside TensorFlow in one process.

python -m benchmarks.protocols docs/images/firefighter.jpg

A server of this program's own answers on the same machine, in Python, with
what TensorFlow answers in the process: so the difference is what messages and
client cost. A TensorFlow Serving of one's own can be measured beside it.
"""

import contextlib
import pathlib
import time

import numpy as np
import tensorflow as tf
from absl import flags

from deeppose_tf import errors
from deeppose_tf import extras
from deeppose_tf.inference import photos
from deeppose_tf.launch import app
from deeppose_tf.remote import answers
from deeppose_tf.remote import photo_bytes
from deeppose_tf.remote import rest_client
from deeppose_tf.serving import interface
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions

_MODEL = flags.DEFINE_string("model", str(versions.PRETRAINED), "An export.")
_PEOPLE = flags.DEFINE_list("people", ["1", "8"], "A request each.")
_REQUESTS = flags.DEFINE_integer("requests", 50, "Of each, in turn.")
_GRPC = flags.DEFINE_string("grpc", None, "host:port of a TensorFlow Serving.")
_REST = flags.DEFINE_string("rest", None, "host:port of the same, for REST.")
_NAME = flags.DEFINE_string("name", "lsp", "Of the model there.")
_PIXELS = 0.5  # Apart, by which answers of different processors may lie.


def main(argv):
    """Prints a row for each way and size of request."""
    if len(argv) != 2:
        raise errors.InputError("name one photo")
    photo = pathlib.Path(argv[1])
    encoded = photo_bytes.encode(photo, photos.load(photo))
    sizes = [int(people) for people in _PEOPLE.value]
    model = saved_models.load(_MODEL.value)
    answer = model.signatures[interface.IMAGE_BYTES]
    with contextlib.ExitStack() as stack:
        ways = {"in the process": lambda inputs: _in_process(answer, inputs)}
        for name, client in _clients(stack, answer).items():
            stack.callback(client.close)
            ways[name] = _asking(client)
        print("people  ms: median (a quarter below, above), beyond the first")
        for people in sizes:
            inputs = {
                "image_bytes": [encoded] * people,
                "box": np.zeros([people, 4], np.float32),  # Whole pictures.
            }
            _measure(people, ways, inputs)


def _clients(stack, answer):
    """By the name of a way, a client of a server that answers so."""
    servers, grpc_client = (
        extras.load(module, wanted_by="benchmarks.protocols", extra="client")
        for module in (
            "tests.serving.model_servers",
            "deeppose_tf.remote.grpc_client",
        )
    )
    model = servers.Model(answer, _NAME.value)
    kinds = {"gRPC": grpc_client.Client, "REST": rest_client.Client}
    started = {"gRPC": servers.over_grpc, "REST": servers.rest}
    named = {"gRPC": _GRPC.value, "REST": _REST.value}
    clients = {}
    for kind, client in kinds.items():
        own = stack.enter_context(started[kind](model))
        clients[kind] = client(own, timeout=60, retries=0)
        if named[kind]:
            theirs = client(named[kind], timeout=60, retries=0)
            clients[f"{kind}, {named[kind]}"] = theirs
    return clients


def _in_process(answer, inputs):
    outputs = answer(**{name: tf.constant(x) for name, x in inputs.items()})
    return np.asarray(outputs[interface.JOINTS])


def _asking(client):
    model = answers.cascade(_NAME.value)
    return lambda inputs: client.ask(model, inputs)[interface.JOINTS]


def _measure(people, ways, inputs):
    """Prints the rows of one size.

    Raises:
        InputError: a server answers otherwise than the process.
    """
    # Fills the caches too.
    wanted, *_ = [ask(inputs) for ask in ways.values() for _ in range(3)]
    seconds = {name: [] for name in ways}
    for _ in range(_REQUESTS.value):
        for name, ask in ways.items():
            begin = time.perf_counter()
            joints = ask(inputs)
            seconds[name].append(time.perf_counter() - begin)
            if joints.shape != wanted.shape or (
                np.abs(joints - wanted).max() > _PIXELS
            ):
                raise errors.InputError(
                    f"{name} places joints elsewhere than {_MODEL.value}; name "
                    "a server of the same export"
                )
    first, *_ = seconds.values()
    for name, each in seconds.items():
        low, median, high = np.percentile(each, [25, 50, 75]) * 1e3
        beyond = np.median(np.subtract(each, first)) * 1e3
        print(
            f"{people:6d}  {name:24} {median:7.1f} ({low:.1f}, {high:.1f}) "
            f"{beyond:+.1f}",
            flush=True,
        )


if __name__ == "__main__":
    app.run(main)
