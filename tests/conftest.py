import functools
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.data import dataset
from deeppose_tf.geometry import skeletons
from deeppose_tf.models import confidence
from deeppose_tf.models import stages
from deeppose_tf.serving import export_saved_model

# Two devices in every test process, so that two replicas can be tested.
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


ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(module, *arguments, **environment):
    """Runs a program in the repository's root, as a user does."""
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
    )


TINY = (
    "--network=compact",
    "--head=integral",
    "--loss=l1",
    "--optimizer=adamw",
    "--learning_rate=0.001",
    "--image_size=32",
    "--batch_size=8",
    "--crops_per_person=2",
    "--steps=4",
    "--eval_every=2",
    "--clip_norm=1",
)


def train(run_dir, records_dir, *more):
    run_dir = pathlib.Path(run_dir)
    return run(
        "deeppose_tf.train",
        f"--data_dir={records_dir}",
        f"--run_dir={run_dir}",
        f"--export_dir={run_dir.parent / 'exported'}",
        *TINY,
        *more,
    )


def refused(done, *words):
    """Whether a program ended in one line that has all the words."""
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr, done.stderr
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith("error: "), done.stderr
    for word in words:
        assert str(word) in line
    return True


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


@pytest.fixture(scope="session")
def real_data():
    """The folder of real annotations; tests skip where it is missing."""
    folder = os.environ.get("DEEPPOSE_DATA", ROOT.parent / "shared" / "data")
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        pytest.skip(f"{folder}: no real data; set DEEPPOSE_DATA")
    return folder


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    """A source folder with 24 made-up people."""
    folder = tmp_path_factory.mktemp("source") / "people"
    done = run(
        "data_prep.synthesize_lsp", f"--output_dir={folder}", "--people=24"
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def records_dir(people, tmp_path_factory):
    """Records of `people`."""
    folder = tmp_path_factory.mktemp("data") / "records"
    done = run(
        "data_prep.build_lsp",
        f"--source={people}",
        f"--output_dir={folder}",
        "--num_shards=2",
        "--test_fraction=0.25",
        "--val_fraction=0.2",
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def checkerboard():
    """A picture with detail everywhere, uint8 [60, 80, 3]."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (60, 80, 3)).astype(np.uint8)


@pytest.fixture(scope="session")
def stage1(records_dir, tmp_path_factory):
    """A run folder of stage 1, on two replicas."""
    run_dir = tmp_path_factory.mktemp("runs") / "stage1"
    done = train(run_dir, records_dir, "--logical_cpus=2")
    assert done.returncode == 0, done.stderr
    assert "2 replicas" in done.stderr
    return run_dir


@pytest.fixture(scope="session")
def stage2(stage1, records_dir):
    """A run folder of stage 2, the paper's way, on two replicas."""
    run_dir = stage1.parent / "stage2"
    done = train(
        run_dir,
        records_dir,
        "--stage=2",
        f"--previous={stage1}",
        "--logical_cpus=2",
    )
    assert done.returncode == 0, done.stderr
    assert "2 replicas" in done.stderr
    return run_dir


@pytest.fixture(scope="session")
def data(records_dir):
    return dataset.load(str(records_dir))


def untrained(folder, skeleton, heads=("integral", "integral"), sigma=1.5):
    """Two untrained stages; weights differ from run to run."""
    for stage, head in enumerate(heads, start=1):
        spec = stages.StageSpec(
            stage=stage,
            skeleton=skeleton,
            network="compact",
            head=head,
            spread=head == "peak",
            image_size=32,
            sigma=sigma if stage > 1 else None,
            step_size=0.5 if stage > 1 else 1.0,
            refiner="shared" if stage > 1 else None,
            previous="../stage1" if stage > 1 else None,
        )
        (folder / f"stage{stage}").mkdir()
        stages.save_spec(spec, folder / f"stage{stage}")
        model = stages.build(spec, "all")
        model.save_weights(folder / f"stage{stage}" / "best.weights.h5")
    return folder / "stage2"


@pytest.fixture(scope="session")
def run_dir(tmp_path_factory, data):
    """A cascade of two untrained stages, and how sure it is."""
    stage2 = untrained(tmp_path_factory.mktemp("runs"), data.skeleton)
    sure = confidence.Confidence(np.linspace(-1, 1, 14), 0.5, 10)
    confidence.save(sure, stage2, data.skeleton.joints)
    return stage2


@pytest.fixture(scope="session")
def exported(tmp_path_factory, run_dir, data):
    folder = tmp_path_factory.mktemp("saved_models") / "tiny"
    export_saved_model.export(run_dir, str(folder), data)
    return folder
