"""Steps of one training on 1 and 2 replicas, by 1 and 2 processes.

python -m benchmarks.scaling --network=alexnet --image_size=220

times whole updates on random crops, each process on a core of its own, and the
sum of the gradients over the processes alone. It prints what was to be expected
beside it, by the model of docs/scaling.md; benchmarks.scaling_plan asks the
same model for more machines.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import time

import keras
import numpy as np
import tensorflow as tf
from absl import flags

from deeppose_tf.geometry import skeletons
from deeppose_tf.launch import app
from deeppose_tf.launch import cluster
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.networks import by_name
from deeppose_tf.training import devices
from deeppose_tf.training import freezing
from deeppose_tf.training import optimizers
from deeppose_tf.training import train_step
from deeppose_tf.training import training_options
from deeppose_tf.training import workers

_NETWORK = flags.DEFINE_enum(
    "network", "compact", sorted(by_name.NETWORKS), "Of stage 1."
)
_HEAD = flags.DEFINE_enum(
    "head", "integral", ["fc", "integral"], "Of the network."
)
_IMAGE_SIZE = flags.DEFINE_integer("image_size", 128, "Side of the crops.")
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 32, "Crops a step, in all.")
_FREEZE_UNTIL = flags.DEFINE_string(
    "freeze_until", None, "Layer up to which nothing learns."
)
_PEOPLE = flags.DEFINE_integer("people", 10_000, "Of an epoch.")
_ROUNDS = flags.DEFINE_integer("rounds", 8, "Steps that are timed.")
_ONE = flags.DEFINE_string("one", None, "Measure this here: replicas,batch.")


def main(argv):
    """Times each setting in processes of their own, one after the other."""
    app.refuse_arguments(argv)
    if _ONE.value:
        print(json.dumps(_measure(*map(int, _ONE.value.split(",")))))
        return
    cores = sorted(os.sched_getaffinity(0))
    first, last, batch = [cores[0]], [cores[-1]], _BATCH_SIZE.value
    both = [*first, *last]
    print(f"{'':30} crops/s   epoch   expected")
    one = _timed(1, batch, [first])
    speed = batch / one["step"]
    _row("1 replica, 1 core", one, None)
    wide = _timed(1, batch, [both])
    _row("1 replica, 2 cores", wide, 2 * speed)
    two = _timed(2, batch, [both])
    _row("2 replicas, 2 cores", two, batch / wide["step"])
    worker = _timed(1, batch, [first], with_config=True)
    _row("1 worker, 1 core", worker, speed)
    half = _timed(1, batch // 2, [first])
    pair = _timed(1, batch, [first, last], with_config=True)
    expected = batch / (half["step"] + pair["sum"])
    _row("2 workers, a core each", pair, expected)
    print(f"{_NETWORK.value}: gradients of {one['bytes'] / 1e6:.1f} MB")
    print(
        f"sum of the gradients over 2 workers: {pair['sum']:.3f} s, "
        f"{one['bytes'] / pair['sum'] / 1e6:.0f} MB/s"
    )
    print(
        f"2 workers, expected: {batch} crops in {half['step']:.3f} s, the step "
        f"of one with {batch // 2} on a core, and {pair['sum']:.3f} s"
    )
    print(f"a step of one process on both cores: {wide['step']:.3f} s")


def _row(name, timed, expected):
    speed = _BATCH_SIZE.value / timed["step"]
    minutes = _PEOPLE.value / speed / 60
    said = "" if expected is None else f"{expected:10.1f}"
    print(f"{name:30} {speed:7.1f} {minutes:5.1f} min {said}", flush=True)


def _timed(replicas, batch, cores, with_config=False):
    """The slowest of processes that train together, one on each of `cores`."""
    addresses = [f"127.0.0.1:{_free_port()}" for _ in cores]
    arguments = [*sys.argv[1:], f"--one={replicas},{batch}"]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.scaling", *arguments],
            env=os.environ | (_config(addresses, i) if with_config else {}),
            preexec_fn=lambda own=own: os.sched_setaffinity(0, own),
            stdout=subprocess.PIPE,
            text=True,
        )
        for i, own in enumerate(cores)
    ]
    said = [process.communicate()[0] for process in processes]
    if any(process.returncode for process in processes):
        sys.exit("error: a measurement has failed; see above")
    results = [json.loads(each.splitlines()[-1]) for each in said]
    return max(results, key=lambda result: result["step"])


def _config(addresses, index):
    members = {"worker": addresses}
    task = {"type": "worker", "index": index}
    text = json.dumps({"cluster": members, "task": task})
    return {cluster.VARIABLE: text}


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def _measure(replicas, batch_size):
    """Seconds of a step and of a sum of gradients; their bytes."""
    found = cluster.from_environment()
    kind = "multi_worker" if found.addresses else "mirrored"
    strategy = devices.strategy(training_options.Placement(kind, replicas))
    share = workers.Workers(strategy, found).share
    with strategy.scope():
        model, optimizer = _network()
    schedule = training_options.Schedule(1, batch_size, 1)
    loss = training_options.LossOptions("l1").on_joints()
    update = train_step.make(model, optimizer, loss, schedule, strategy)
    crops = _random_batch(batch_size // share.of)
    size = batch_size // strategy.num_replicas_in_sync
    batches = iter(
        strategy.distribute_datasets_from_function(
            lambda context: (
                tf.data.Dataset.from_tensors(crops).repeat().rebatch(size)
            )
        )
    )
    weights = sum(int(np.prod(w.shape)) for w in model.trainable_variables)
    gradient = tf.zeros([weights])

    @tf.function
    def summed():
        def of_replica():
            context = tf.distribute.get_replica_context()
            return context.all_reduce("SUM", gradient)[0]

        return strategy.reduce("SUM", strategy.run(of_replica), axis=None)

    return {
        "step": _median(lambda: update(next(batches))),
        "sum": _median(summed),
        "bytes": 4 * weights,
    }


def _network():
    spec = stage_specs.StageSpec(
        skeleton=skeletons.LSP,
        network=_NETWORK.value,
        head=_HEAD.value,
        image_size=_IMAGE_SIZE.value,
    )
    keras.utils.set_random_seed(1)
    model, trunk = stages.build_with_trunk(spec, "all")
    freezing.freeze(trunk, _FREEZE_UNTIL.value)
    options = training_options.OptimizerOptions(optimizer="adagrad")
    optimizer = optimizers.build(options, steps=1000)
    optimizer.build(model.trainable_variables)
    return model, optimizer


def _random_batch(count):
    size, joints = _IMAGE_SIZE.value, len(skeletons.LSP.joints)
    return (
        tf.random.uniform([count, size, size, 3], 0, 255),
        tf.random.uniform([count, joints, 2], -0.5, 0.5),
        tf.ones([count, joints], tf.bool),
    )


def _median(run):
    for _ in range(2):  # Traced, and memory taken.
        float(run())
    seconds = []
    for _ in range(_ROUNDS.value):
        begin = time.monotonic()
        float(run())
        seconds.append(time.monotonic() - begin)
    return statistics.median(seconds)


if __name__ == "__main__":
    app.run(main)
