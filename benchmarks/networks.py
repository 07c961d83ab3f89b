"""Training steps and inference of networks, beside PyTorch's.

python -m benchmarks.networks --network=alexnet

PyTorch runs as it is (eager) and by torch.compile. Each is a process of its own
on all cores, one after the other.
"""

import functools
import json
import statistics
import sys
import time

import keras
import tensorflow as tf
from absl import flags

from benchmarks.tools import turns
from deeppose_tf.geometry import skeletons
from deeppose_tf.launch import app
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.networks import either_keras
from deeppose_tf.networks import local_response
from deeppose_tf.training import optimizers
from deeppose_tf.training import train_step
from deeppose_tf.training import training_options

# Crops' sides, and crops in a batch.
_SIZES = {
    "alexnet": (220, 128),
    "compact": (96, 64),
    "movenet_lightning": (192, 32),
}
_NETWORK = flags.DEFINE_multi_enum(
    "network", list(_SIZES), list(_SIZES), "Networks."
)
_WORK = flags.DEFINE_multi_enum(
    "work",
    ["training", "inference"],
    ["training", "inference"],
    "What is timed.",
)
_WAY = flags.DEFINE_multi_string(
    "way",
    ["float32", "mixed_bfloat16"],
    "Number format; jit for float32 with --jit_compile, no_lrn for alexnet "
    "without its normalization.",
)
_PEER_WAY = flags.DEFINE_multi_enum(
    "peer_way", ["eager", "compiled"], ["eager", "compiled"], "Of PyTorch."
)
_BATCH = flags.DEFINE_integer("batch_size", None, "In place of 128, 64, 32.")
_SECONDS = flags.DEFINE_float("seconds", 10, "That each measurement takes.")
_ROUNDS = flags.DEFINE_integer("rounds", 3, "Measurements of each.")
_PEERS = flags.DEFINE_string("peers", sys.executable, "A Python with torch.")
_ONE = flags.DEFINE_bool("one", False, "Measure the first alone, as JSON.")


def main(argv):
    """Prints a table for each network and work."""
    app.refuse_arguments(argv)
    if _ONE.value:
        rate = _rate(_NETWORK.value[0], _WORK.value[0], _WAY.value[0])
        print(json.dumps({"per_second": rate}))
        return
    for network in _NETWORK.value:
        for work in _WORK.value:
            print(f"{network}, {work}")
            commands = _commands(network, work)
            turns.table(turns.in_turn(commands, _ROUNDS.value), "crops")


def _commands(network, work):
    size, batch_size = _SIZES[network]
    batch_size = _BATCH.value or batch_size
    commands = {}
    for way in _WAY.value:
        commands[way] = [
            *(sys.executable, "-m", "benchmarks.networks", "--one"),
            *(f"--network={network}", f"--work={work}", f"--way={way}"),
            *(f"--batch_size={batch_size}", f"--seconds={_SECONDS.value}"),
        ]
    for way in _PEER_WAY.value:
        commands[f"PyTorch, {way}"] = [
            *(_PEERS.value, "-m", "benchmarks.peers.torch_network"),
            *(network, str(size), str(batch_size), str(_SECONDS.value)),
            *(work, way),
        ]
    return commands


def _rate(network, work, way):
    """Crops a second, the median over steps or passes."""
    size, batch_size = _SIZES[network][0], _BATCH.value
    if way == "no_lrn":
        local_response.LocalResponseNormalization.call = _as_it_is
    spec = stage_specs.StageSpec(
        skeleton=skeletons.LSP,
        network=network,
        head="fc" if network == "alexnet" else "integral",
        image_size=size,
    )
    policy = way if way == "mixed_bfloat16" else "float32"
    keras.mixed_precision.set_global_policy(policy)
    model, _ = stages.build_with_trunk(spec, "all")
    keras.mixed_precision.set_global_policy("float32")
    crops = tf.random.uniform([batch_size, size, size, 3], 0, 255)
    run = tf.function(model, jit_compile=way == "jit", autograph=False)
    step = functools.partial(run, crops)
    if work == "training":
        step = _training_step(model, crops, way == "jit")
    for _ in range(3):  # Traced, and memory taken.
        step()
    seconds = []
    while sum(seconds) < _SECONDS.value:
        begin = time.monotonic()
        tf.nest.map_structure(lambda x: x.numpy(), step())
        seconds.append(time.monotonic() - begin)
    return batch_size / statistics.median(seconds)


def _as_it_is(layer, x, training=None):
    """What `no_lrn` has in the place of the normalization."""
    del layer, training
    return x


def _training_step(model, crops, jit_compile):
    loss = training_options.LossOptions("l2").on_joints()
    recipe = optimizers.OptimizerOptions(optimizer="adagrad")
    optimizer = optimizers.build(recipe, steps=1000)
    either_keras.make_variables(optimizer, model.trainable_variables)
    schedule = training_options.Schedule(
        steps=1, batch_size=len(crops), jit_compile=jit_compile
    )
    update = train_step.make(
        model, optimizer, loss, schedule, tf.distribute.get_strategy()
    )
    joints = tf.random.uniform([len(crops), 14, 2], -0.5, 0.5)
    labeled = tf.ones([len(crops), 14], tf.bool)
    return lambda: update((crops, joints, labeled))


if __name__ == "__main__":
    app.run(main)
