"""People a second of a refinement stage: crops of all joints, or one person.

python -m benchmarks.refiners --network=compact

times untrained stages on random pictures; weights do not change the time.
"""

import itertools
import time

import keras
import numpy as np
import tensorflow as tf
from absl import flags

from deeppose_tf.geometry import skeletons
from deeppose_tf.launch import app
from deeppose_tf.models import cascade
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.models import trained_stages
from deeppose_tf.networks import by_name

_NETWORK = flags.DEFINE_enum(
    "network", "compact", sorted(by_name.NETWORKS), "Of all stages."
)
_CROP_SIZE = flags.DEFINE_integer(
    "crop_size", 64, "Side of the crop around a joint, pixels."
)
_PERSON_SIZE = flags.DEFINE_integer(
    "person_size", 128, "Side of a person's crop, pixels."
)
_PEOPLE = flags.DEFINE_integer("people", 8, "People at once.")
_ROUNDS = flags.DEFINE_integer("rounds", 20, "How often each is timed.")


def main(argv):
    """Prints a line for each refiner, alone and behind stage 1."""
    app.refuse_arguments(argv)
    rng = np.random.default_rng(0)
    n = _PEOPLE.value
    images = tf.constant(rng.integers(0, 256, (n, 256, 256, 3), np.uint8))
    box = tf.constant([[128.0, 128.0, 200.0, 200.0]] * n)
    joints = tf.constant(rng.uniform(60, 196, (n, 14, 2)), tf.float32)
    first = _stage(1)
    refiners = {
        "shared": _stage(2, refiner="shared", image_size=_CROP_SIZE.value),
        "pooled, own trunk": _stage(2, refiner="pooled", trunk="own"),
        "pooled, trunk of stage 1": _stage(2, refiner="pooled", trunk="stage1"),
    }
    runs = {"stage 1": _graph(cascade.Cascade([first]), images, box)}
    for name, stage in refiners.items():
        members = cascade.joined([first, stage])
        runs[f"both stages, {name}"] = _graph(
            cascade.Cascade(members), images, box
        )
        if stage.spec.trunk != "stage1":
            runs[f"stage 2, {name}"] = tf.function(
                lambda stage=stage: stage(images, box, joints)
            )
    seconds = {name: [] for name in runs}
    for run in runs.values():
        run()  # Traced before it is timed.
    # In turn, so that a busy moment meets all alike.
    for _, (name, run) in itertools.product(range(_ROUNDS.value), runs.items()):
        begin = time.perf_counter()
        run().numpy()
        seconds[name].append(time.perf_counter() - begin)
    for name, taken in seconds.items():
        print(f"{name:40} {n / np.median(taken):8.1f} people/s")


def _graph(model, images, box):
    return tf.function(lambda: model(images, box))


def _stage(number, **refinement):
    keras.utils.set_random_seed(1)
    spec = stage_specs.StageSpec(
        stage=number,
        skeleton=skeletons.LSP,
        network=_NETWORK.value,
        head="integral",
        **{
            "image_size": _PERSON_SIZE.value,
            "sigma": 1.2,
            "previous": "../stage1" if number > 1 else None,
            **refinement,
        },
    )
    model, trunk = stages.build_with_trunk(spec, "all")
    return trained_stages.of_models(spec, {"all": model}, trunk)


if __name__ == "__main__":
    app.run(main)
