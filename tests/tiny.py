"""The smallest trainings, cascades and people that tests make do with."""

import functools
import pathlib

import numpy as np
import tensorflow as tf

from deeppose_tf.geometry import skeletons
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from tests import launcher

TINY = (
    "--network=tiny",
    "--head=integral",
    "--loss=l1",
    "--optimizer=adamw",
    "--learning_rate=0.001",
    "--image_size=32",
    "--batch_size=8",
    "--crops_per_person=2",
    "--steps=4",
    "--eval_every=4",
    "--clip_norm=1",
    "--notensorboard_pictures",
)


def train(run_dir, records_dir, *more, fresh=False):
    """Runs deeppose_tf.train with TINY flags; exports beside the run."""
    run_dir = pathlib.Path(run_dir)
    return launcher.run(
        "deeppose_tf.train",
        f"--data_dir={records_dir}",
        f"--run_dir={run_dir}",
        f"--export_dir={run_dir.parent / 'exported'}",
        *TINY,
        *more,
        fresh=fresh,
    )


def two_devices():
    """In every test process, so that two replicas can be tested."""
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )


# Strategies of one process count their collectives from the same number on:
# two of them would be taken for one.
@functools.cache
def strategy(replicas):
    names = [d.name for d in tf.config.list_logical_devices("CPU")]
    return tf.distribute.MirroredStrategy(names[:replicas])


def made_person():
    """A black picture with one white pixel, where the left wrist is."""
    image = np.zeros((200, 200, 3), np.uint8)
    joints = np.zeros((14, 2), np.float32)
    joints[:] = np.arange(14)[:, None] * [8.0, 3.0] + 40
    wrist = skeletons.LSP.index("left_wrist")
    joints[wrist] = [100.5, 60.5]
    image[60, 100] = 255
    joints[skeletons.LSP.index("left_shoulder")] = [100.0, 100.0]
    joints[skeletons.LSP.index("right_hip")] = [
        130.0,
        140.0,
    ]  # Torso diameter 50.
    return {
        "image": tf.constant(image),
        "box": tf.constant([100.0, 100.0, 200.0, 200.0]),
        "joints": tf.constant(joints),
        "labeled": tf.ones(14, tf.bool),
        "person_id": tf.constant("p"),
    }


def untrained(folder, skeleton, heads=("integral", "integral"), sigma=1.5):
    """Two untrained stages; weights differ from run to run."""
    for stage, head in enumerate(heads, start=1):
        spec = stage_specs.StageSpec(
            stage=stage,
            skeleton=skeleton,
            network="tiny",
            head=head,
            spread=head == "peak",
            image_size=32,
            sigma=sigma if stage > 1 else None,
            step_size=0.5 if stage > 1 else 1.0,
            refiner="shared" if stage > 1 else None,
            previous="../stage1" if stage > 1 else None,
        )
        (folder / f"stage{stage}").mkdir()
        stage_specs.save_spec(spec, folder / f"stage{stage}")
        model = stages.build(spec, "all")
        model.save_weights(folder / f"stage{stage}" / "best.weights.h5")
    return folder / "stage2"
