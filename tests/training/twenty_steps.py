"""Twenty steps on the same batches, on the replicas that there are.

python -m tests.training.twenty_steps FOLDER trains as one worker of those that
TF_CONFIG names, and leaves losses and weights in FOLDER/INDEX.npz.
"""

import pathlib
import sys

import keras
import numpy as np
import tensorflow as tf

from deeppose_tf.launch import cluster
from deeppose_tf.losses import joint_losses
from deeppose_tf.networks import layers
from deeppose_tf.training import optimizers
from deeppose_tf.training import trainer
from deeppose_tf.training import training_options
from deeppose_tf.training import workers
from tests.training.test_summaries import scalars

STEPS = 20
_BATCH, _SIDE, _JOINTS = 8, 8, 3


def run(of: workers.Workers, run_dir: pathlib.Path) -> dict[str, np.ndarray]:
    """The loss of each step, and the weights at the end, by their order."""
    keras.utils.set_random_seed(3)
    with of.strategy.scope():
        crop = keras.Input((_SIDE, _SIDE, 3))
        x = layers.conv_norm_relu(crop, 4, 3, strides=2)
        x = keras.layers.Dense(2 * _JOINTS)(keras.layers.Flatten()(x))
        model = keras.Model(crop, keras.layers.Reshape((_JOINTS, 2))(x))
        recipe = training_options.OptimizerOptions(
            optimizer="sgd", learning_rate=0.01
        )
        optimizer = optimizers.build(recipe, STEPS)
    trainer.fit(
        model,
        optimizer,
        loss=joint_losses.L2(),
        batches=lambda start: _batches(start, of.share),
        validation=_AsGood(),
        # The loss of every evaluated step is shown.
        schedule=training_options.Schedule(
            STEPS, _BATCH, 1, clip_norm=1.0, weight_average=0.9
        ),
        run_dir=run_dir,
        workers=of,
    )
    shown = scalars(run_dir / "tensorboard" / "train")["headline/loss"]
    # Keras numbers the names of layers from model to model, and Keras 2 has
    # them in those of weights.
    weights = {
        f"{i} {weight.name.split('/')[-1]}": weight.numpy()
        for i, weight in enumerate(model.weights)
    }
    return {"losses": np.array(list(shown.values()))} | weights


class _AsGood:
    """A validation that finds every step as good."""

    def start(self):
        pass

    def evaluate(self):
        return {"validation": {"score": 1.0}}


def _batches(start, share):
    """Parts of batches of which a third of the joints has no label."""

    def part(i):
        seed = tf.stack([5, tf.cast(i, tf.int32)])
        shape = [_BATCH, _SIDE, _SIDE, 3]
        crop = tf.random.stateless_uniform(shape, seed, -1.0, 1.0)
        joints = crop[:, 0, :_JOINTS, :2]
        labeled = joints[..., 0] < 0.33
        return tuple(share.part(each) for each in (crop, joints, labeled))

    return tf.data.Dataset.counter(start).map(part)


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    every = workers.Workers(
        tf.distribute.MultiWorkerMirroredStrategy(), cluster.from_environment()
    )
    index = every.share.index
    results = run(every, folder / f"run{index}")
    np.savez(folder / f"{index}.npz", **results)
