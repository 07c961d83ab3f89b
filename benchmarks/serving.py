"""Latency of a request, beside that of its network passes alone.

python -m benchmarks.serving
python -m benchmarks.serving --network=alexnet --image_size=220
"""

import pathlib
import tempfile
import time

import numpy as np
import tensorflow as tf
from absl import flags

from deeppose_tf.geometry import crops
from deeppose_tf.geometry import skeletons
from deeppose_tf.launch import app
from deeppose_tf.models import cascade
from deeppose_tf.models import confidence
from deeppose_tf.models import constant_weights
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.models import trained_stages
from deeppose_tf.serving import interface
from deeppose_tf.serving import signatures

_NETWORK = flags.DEFINE_string("network", "compact", "Of every stage.")
_HEAD = flags.DEFINE_string("head", "integral", "Of every stage.")
_IMAGE_SIZE = flags.DEFINE_integer("image_size", 96, "Side of the crops.")
_STAGES = flags.DEFINE_integer("stages", 3, "How many.")
_PEOPLE = flags.DEFINE_list("people", ["1", "8", "64"], "A request each.")
_SECONDS = flags.DEFINE_float("seconds", 20.0, "For each size of request.")


def main(argv):
    """Prints a row for each number of people in a request."""
    app.refuse_arguments(argv)
    model = cascade.Cascade([_stage(i + 1) for i in range(_STAGES.value)])
    # As exports do; the networks alone are these too.
    if constant_weights.fit(model, "float32"):
        model = constant_weights.frozen(model, "float32")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "1"
        server = signatures.Server(
            model, confidence.Confidence(np.zeros(14), 0.5, persons=0)
        )
        tf.saved_model.save(
            server,
            str(path),
            signatures={interface.IMAGE_BYTES: server.from_bytes},
        )
        loaded = tf.saved_model.load(str(path))
    ask = loaded.signatures[interface.IMAGE_BYTES]
    print("people  p50 ms  p95 ms  people/s  networks alone  overhead")
    for people in map(int, _PEOPLE.value):
        request = _request(people)
        networks = _networks_alone(model, people)
        # In turns, so that other load on the machine slows both alike.
        requests, passes = _in_turns(lambda r=request: ask(**r), networks)
        p50, p95 = np.percentile(requests, [50, 95])
        limit = np.median(passes)
        print(
            f"{people:6d}  {1e3 * p50:6.1f}  {1e3 * p95:6.1f}  "
            f"{people / p50:8.1f}  {1e3 * limit:11.1f} ms  "
            f"{p50 / limit - 1:8.1%}"
        )


def _stage(level):
    spec = stage_specs.StageSpec(
        stage=level,
        skeleton=skeletons.LSP,
        network=_NETWORK.value,
        head=_HEAD.value,
        image_size=_IMAGE_SIZE.value,
        sigma=2.0 if level > 1 else None,
        refiner="shared" if level > 1 else None,
    )
    network = stages.build(spec, "all")
    # Trained weights lie beside the zeros and ones that TensorFlow leaves out.
    rng = np.random.default_rng(0)
    network.set_weights(
        [
            w * rng.uniform(0.9, 1.1, w.shape) + 0.01
            for w in network.get_weights()
        ]
    )
    return trained_stages.Stage(spec, {"all": network})


def _request(people):
    """Photographs of a middling size, one a person."""
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (30, 40, 3)).astype(np.uint8)
    image = tf.image.resize(small, [240, 320], "bicubic")
    encoded = tf.io.encode_jpeg(tf.saturate_cast(image, tf.uint8))
    return {
        "image_bytes": tf.repeat(encoded, people),
        "box": tf.tile([[160.0, 120.0, 150.0, 200.0]], [people, 1]),
    }


def _networks_alone(model, people):
    """A function that runs the networks of all stages on constant crops."""
    size = _IMAGE_SIZE.value
    per_pass = min(people, interface.PERSONS_PER_PASS)

    @tf.function
    def run(first, later):
        # One after the other, as each stage's crops wait for the one before.
        outputs = [model.stages[0].networks["all"](first, training=False)]
        for stage in model.stages[1:]:
            crop = later + 0.0 * tf.reduce_sum(outputs[-1])
            outputs.append(stage.networks["all"](crop, training=False))
        return outputs

    first = tf.fill([per_pass, size, size, 3], float(crops.FILL))
    later = tf.fill([14 * per_pass, size, size, 3], float(crops.FILL))
    passes = -(-people // per_pass)
    return lambda: [run(first, later) for _ in range(passes)]


def _in_turns(*functions):
    """Seconds of each call, by function."""
    seconds = [[] for _ in functions]
    for function in functions:
        function()
    end = time.monotonic() + _SECONDS.value
    while time.monotonic() < end or len(seconds[0]) < 3:
        for function, durations in zip(functions, seconds, strict=True):
            begin = time.perf_counter()
            result = function()
            tf.nest.map_structure(lambda x: x.numpy(), result)
            durations.append(time.perf_counter() - begin)
    return seconds


if __name__ == "__main__":
    app.run(main)
