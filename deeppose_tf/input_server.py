"""Starts a process of a tf.data service, which makes training examples.

python -m deeppose_tf.input_server --port=5050
python -m deeppose_tf.input_server --dispatcher=grpc://HOST:5050

The first is the dispatcher, one of a service; the second a worker, as many as
there is work for. `train --tf_data_service=grpc://HOST:5050` uses them.
"""

import socket
import threading

from absl import flags

from deeppose_tf.launch import app
from deeppose_tf.launch import lazy

with lazy.imports():
    from deeppose_tf.examples import service_processes

_PORT = flags.DEFINE_integer(
    "port",
    0,
    "Where this process listens; 0 chooses a free one.",
    lower_bound=0,
    upper_bound=65535,
)
_DISPATCHER = flags.DEFINE_string(
    "dispatcher", None, "Of a worker: its dispatcher, grpc://HOST:PORT."
)
_HOST = flags.DEFINE_string(
    "host",
    socket.gethostname(),
    "Of a worker: this machine's name, by which trainings reach it.",
)


def main(argv):
    """Serves until it is stopped."""
    app.refuse_arguments(argv)
    if _DISPATCHER.value is None:
        server = service_processes.dispatcher(_PORT.value)
        print(f"dispatcher {server.target}", flush=True)
    else:
        server = service_processes.worker(
            _DISPATCHER.value, _HOST.value, _PORT.value
        )
        print(f"worker of {_DISPATCHER.value}", flush=True)
    # It serves in threads of TensorFlow's, while this one waits for signals.
    threading.Event().wait()


if __name__ == "__main__":
    app.run(main)
