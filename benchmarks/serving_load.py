"""Several clients at once on an exported cascade: errors, latency, memory.

python -m benchmarks.serving_load --model=saved_models/lsp folder_of_photos
"""

import concurrent.futures
import itertools
import resource
import threading
import time

import numpy as np
import tensorflow as tf
from absl import flags

from deeppose_tf import errors
from deeppose_tf.inference import photo_paths
from deeppose_tf.launch import app
from deeppose_tf.serving import interface
from deeppose_tf.serving import saved_models

_MODEL = flags.DEFINE_string("model", None, "saved_models/NAME.", required=True)
_CLIENTS = flags.DEFINE_integer("clients", 4, "At the same time.")
_SECONDS = flags.DEFINE_integer("seconds", 60, "In all.")
_EVERY = flags.DEFINE_integer("every", 10, "Seconds between looks at memory.")
_PEOPLE = flags.DEFINE_list("people", ["1", "8", "3", "16"], "By request.")

# A smaller growth of memory is the allocator's, not a leak.
_GROWTH = 0.05


def main(argv):
    """Runs clients that cycle through --people; prints memory every while."""
    paths = photo_paths.find(argv[1:])
    if not paths:
        raise errors.InputError("name a folder of photos")
    if _SECONDS.value < _EVERY.value:
        raise errors.InputError(
            f"--seconds={_SECONDS.value} ends before memory is looked at, "
            f"every {_EVERY.value} seconds; make it longer, or --every shorter"
        )
    encoded = [path.read_bytes() for path in paths[:64]]
    ask = saved_models.load(_MODEL.value).signatures[interface.IMAGE_BYTES]
    sizes = [int(people) for people in _PEOPLE.value]
    for people in sizes:  # As a server does when it loads a model.
        ask(**_request(encoded, people))
    stop = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(_CLIENTS.value) as pool:
        running = [
            pool.submit(_client, ask, encoded, sizes[i % len(sizes) :], stop)
            for i in range(_CLIENTS.value)
        ]
        resident = _watch_memory()
        stop.set()
        seconds = np.concatenate([future.result() for future in running])
    p50, p95 = 1e3 * np.percentile(seconds, [50, 95])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(seconds)} requests of {_CLIENTS.value} clients, no error; p50 "
        f"{p50:.0f} ms, p95 {p95:.0f} ms; peak {peak:.0f} MiB"
    )
    if resident[-1] > (1 + _GROWTH) * resident[0]:
        raise errors.InputError(
            f"memory grew from {resident[0]:.0f} to {resident[-1]:.0f} MiB "
            f"after the first {_EVERY.value} seconds; is MALLOC_ARENA_MAX=2?"
        )


def _client(ask, encoded, first_sizes, stop):
    """Sends requests until `stop`; the seconds that each took."""
    seconds = []
    sizes = [int(people) for people in _PEOPLE.value]
    for people in itertools.cycle(first_sizes + sizes):
        if stop.is_set():
            return seconds
        request = _request(encoded, people)
        start = time.monotonic()
        joints = np.asarray(ask(**request)["joints"])
        if not np.isfinite(joints).all() or len(joints) != people:
            raise AssertionError(f"{people} people: {joints}")
        seconds.append(time.monotonic() - start)


def _watch_memory():
    """Prints resident memory every --every seconds; MiB at each look."""
    begin = time.monotonic()
    print("second  resident MiB")
    resident = []
    for second in range(_EVERY.value, _SECONDS.value + 1, _EVERY.value):
        time.sleep(max(0.0, begin + second - time.monotonic()))
        resident.append(_resident())
        print(f"{second:6d}  {resident[-1]:12.0f}", flush=True)
    return resident


def _request(encoded, people):
    chosen = itertools.islice(itertools.cycle(encoded), people)
    return {
        "image_bytes": tf.constant(list(chosen)),
        "box": tf.zeros([people, 4]),
    }


def _resident():
    """MiB of this process that are in memory now (Linux)."""
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    app.run(main)
