"""What people of a request cost in exports beside each other.

python -m benchmarks.latency --data_dir=data/lspet \
  --model=saved_models/lsp_extended --model=saved_models/lsp_extended_fast

The time is that from a picture's bytes to joints. The models take turns by
whole blocks of requests: a server has one of them in its caches too.
"""

import itertools
import time

import numpy as np
from absl import flags

from deeppose_tf import errors
from deeppose_tf.data import dataset
from deeppose_tf.data import person_records
from deeppose_tf.launch import app
from deeppose_tf.serving import interface
from deeppose_tf.serving import saved_models

_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder that data_prep wrote.", required=True
)
_MODEL = flags.DEFINE_multi_string(
    "model", None, "Folder of an export; may be repeated.", required=True
)
_PEOPLE = flags.DEFINE_list("people", ["1", "8"], "A request each.")
_ROUNDS = flags.DEFINE_integer("rounds", 5, "How often each has its turn.")
_REQUESTS = flags.DEFINE_integer("requests", 20, "Of a turn.")


def main(argv):
    """Prints a row for each model and size of request."""
    app.refuse_arguments(argv)
    sizes = [int(people) for people in _PEOPLE.value]
    people = person_records.undecoded(dataset.load(_DATA_DIR.value), "test")
    known = next(iter(people.batch(max(sizes))))
    if len(known["box"]) < max(sizes):
        raise errors.InputError(
            f"--people={max(sizes)}: {_DATA_DIR.value} has {len(known['box'])} "
            "test people; ask for fewer"
        )
    models = {name: saved_models.load(name) for name in _MODEL.value}
    took = {each: [] for each in itertools.product(models, sizes)}
    for _ in range(_ROUNDS.value):
        for (name, people), seconds in took.items():
            ask = models[name].signatures[interface.IMAGE_BYTES]
            seconds.extend(_turn(ask, known, people))
    print("ms a person, median (quarter below, above), share of the first's")
    first = {}
    for (name, people), seconds in took.items():
        low, median, high = np.percentile(seconds, [25, 50, 75]) * 1e3 / people
        share = median / first.setdefault(people, median)
        print(
            f"{name}, {people} a request: {median:.1f} "
            f"({low:.1f}, {high:.1f}), {share:.2f}",
            flush=True,
        )


def _turn(ask, known, people):
    """Seconds of each request; the first few fill the caches."""
    request = {
        "image_bytes": known["image"][:people],
        "box": known["box"][:people],
    }
    seconds = []
    for _ in range(3 + _REQUESTS.value):
        begin = time.perf_counter()
        np.asarray(ask(**request)["joints"])
        seconds.append(time.perf_counter() - begin)
    return seconds[3:]


if __name__ == "__main__":
    app.run(main)
