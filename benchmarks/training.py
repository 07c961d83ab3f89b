"""What makes a training step fast on a CPU.

python -m benchmarks.training --network=efficientnet_lite0 --image_size=160

prints crops a second of whole updates as the trainer makes them, of the same
with Keras's own batch normalization, and without oneDNN's kernels.
"""

import os
import statistics
import subprocess
import sys
import time

import keras
import tensorflow as tf
from absl import flags

from deeppose_tf.geometry import skeletons
from deeppose_tf.launch import app
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.networks import by_name
from deeppose_tf.networks import layers
from deeppose_tf.training import freezing
from deeppose_tf.training import optimizers
from deeppose_tf.training import train_step
from deeppose_tf.training import trainer
from deeppose_tf.training import training_options

_NETWORK = flags.DEFINE_enum(
    "network", "efficientnet_lite0", sorted(by_name.NETWORKS), "Of stage 1."
)
_IMAGE_SIZE = flags.DEFINE_integer("image_size", 160, "Side of the crops.")
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 64, "Crops a step.")
_LOSS = flags.DEFINE_enum(
    "loss", "l1", sorted(training_options.LOSSES), "Loss."
)
_FREEZE_UNTIL = flags.DEFINE_string(
    "freeze_until", None, "Layer up to which nothing learns."
)
_ROUNDS = flags.DEFINE_integer("rounds", 8, "Steps that are timed.")
_ONE = flags.DEFINE_enum(
    "one", None, ["fused", "keras"], "Time this batch normalization alone."
)


def main(argv):
    """Times each way in a process of its own, one after the other."""
    app.refuse_arguments(argv)
    if _ONE.value:
        if _ONE.value == "keras":
            layers.BatchNormalization.call = (
                keras.layers.BatchNormalization.call
            )
        print(f"{_crops_per_second():.1f}")
        return
    for name, one, onednn in (
        ("as trained", "fused", "1"),
        ("Keras's batch normalization", "keras", "1"),
        ("without oneDNN", "fused", "0"),
        ("without both", "keras", "0"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.training", *sys.argv[1:]]
            + [f"--one={one}"],
            env=os.environ | {"TF_ENABLE_ONEDNN_OPTS": onednn},
            capture_output=True,
            text=True,
            check=True,
        )
        print(f"{name:28} {float(done.stdout):6.1f} crops/s", flush=True)


def _crops_per_second():
    size, batch_size = _IMAGE_SIZE.value, _BATCH_SIZE.value
    skeleton = skeletons.LSP
    spec = stage_specs.StageSpec(
        skeleton=skeleton,
        network=_NETWORK.value,
        head="integral",
        image_size=size,
        spread=_LOSS.value == "rle",
    )
    model, trunk = stages.build_with_trunk(spec, "all")
    freezing.freeze(trunk, _FREEZE_UNTIL.value)
    loss = training_options.LossOptions(_LOSS.value).on_joints()
    optimizer = optimizers.build(
        optimizers.OptimizerOptions(optimizer="adamw"), steps=1000
    )
    optimizer.build([*model.trainable_variables, *loss.trainable_variables])
    schedule = trainer.Schedule(1, batch_size, 1, clip_norm=1.0)
    strategy = tf.distribute.get_strategy()
    update = train_step.make(model, optimizer, loss, schedule, strategy)
    num_joints = len(skeleton.joints)
    batch = (
        tf.random.uniform([batch_size, size, size, 3], 0, 255),
        tf.random.uniform([batch_size, num_joints, 2], -0.5, 0.5),
        tf.ones([batch_size, num_joints], tf.bool),
    )
    for _ in range(2):  # Traced, and memory taken.
        update(batch)
    seconds = []
    for _ in range(_ROUNDS.value):
        begin = time.monotonic()
        float(update(batch))
        seconds.append(time.monotonic() - begin)
    return batch_size / statistics.median(seconds)


if __name__ == "__main__":
    app.run(main)
