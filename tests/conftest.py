"""Fixtures; the helpers of tests are in launcher.py and tiny.py.

The process that hands tests out to workers reads this file too. It needs no
TensorFlow, which therefore is imported inside of functions here.
"""

import collections
import os
import pathlib
import time

import filelock
import numpy as np
import pytest
import xdist

from tests import cpu_limit
from tests import launcher

if "PYTEST_XDIST_WORKER" in os.environ:
    # A core for each worker, and for the programs that it starts.
    os.environ["TF_NUM_INTRAOP_THREADS"] = "1"
    os.environ["TF_NUM_INTEROP_THREADS"] = "1"


BEGUN = pytest.StashKey[float]()
CPU_SECONDS = 30  # Of a test that is not marked slow.


def pytest_addoption(parser):
    parser.addoption(
        "--seconds", type=float, help="Tests that would start later are skipped"
    )


def pytest_configure(config):
    config.pluginmanager.register(cpu_limit.CpuLimit(CPU_SECONDS))
    config.stash[BEGUN] = time.monotonic()


def pytest_runtest_setup(item):
    limit = item.config.getoption("--seconds")
    took = time.monotonic() - item.config.stash[BEGUN]
    if limit is not None and took > limit:
        pytest.skip(f"no time left of --seconds={limit:.0f}")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Of slow tests alone, the files that take least come first."""
    slow = [item.get_closest_marker("slow") for item in items]
    if all(slow):
        seconds = collections.Counter()
        for item, marker in zip(items, slow, strict=True):
            seconds[item.path] += marker.args[0]
        items.sort(key=lambda item: (seconds[item.path], item.path))


def pytest_sessionstart(session):
    if not xdist.is_xdist_controller(session):
        from tests import tiny

        tiny.two_devices()


def pytest_unconfigure():
    launcher.close()


def once(tmp_path_factory, name, make):
    """A folder that `make` fills for all workers, in the first that asks."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    folder = root / name
    with filelock.FileLock(root / f"{name}.lock"):
        if not folder.exists():
            aside = root / f"{name}.making"
            aside.mkdir()
            make(aside)
            aside.rename(folder)
    return folder


@pytest.fixture(scope="session")
def real_data():
    """The folder of real annotations; tests skip where it is missing."""
    beside = launcher.ROOT.parent / "shared" / "data"
    folder = pathlib.Path(os.environ.get("DEEPPOSE_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"{folder}: no real data; set DEEPPOSE_DATA")
    return folder


@pytest.fixture(scope="session")
def models_dir():
    """The folder of MoveNet's files; tests skip where they are missing."""
    beside = launcher.ROOT.parent / "shared" / "models"
    folder = pathlib.Path(os.environ.get("DEEPPOSE_MODELS", beside))
    for name in ("movenet-lightning", "movenet-thunder"):
        if not (folder / f"{name}.json").is_file():
            pytest.skip(f"{folder}: no {name}.json; set DEEPPOSE_MODELS")
    return folder


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    """A source folder with 24 made-up people."""

    def make(folder):
        done = launcher.run(
            "data_prep.synthesize_lsp",
            f"--output_dir={folder / 'people'}",
            "--people=24",
            fresh=True,
        )
        assert done.returncode == 0, done.stderr

    return once(tmp_path_factory, "source", make) / "people"


@pytest.fixture(scope="session")
def records_dir(people, tmp_path_factory):
    """Records of `people`."""

    def make(folder):
        done = launcher.run(
            "data_prep.build_lsp",
            f"--source={people}",
            f"--output_dir={folder / 'records'}",
            "--num_shards=2",
            "--test_fraction=0.25",
            "--val_fraction=0.2",
            fresh=True,
        )
        assert done.returncode == 0, done.stderr

    return once(tmp_path_factory, "data", make) / "records"


@pytest.fixture
def checkerboard():
    """A picture with detail everywhere, uint8 [60, 80, 3]."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (60, 80, 3)).astype(np.uint8)


@pytest.fixture(scope="session")
def stage1(records_dir, tmp_path_factory):
    """A run folder of stage 1, on two replicas; its export is beside it."""
    return trained(tmp_path_factory, "trained1", records_dir, "stage1")


@pytest.fixture(scope="session")
def stage2(stage1, records_dir, tmp_path_factory):
    """A run folder of stage 2, the paper's way, on two replicas.

    Its export is beside it.
    """
    more = ("--stage=2", f"--previous={stage1}")
    return trained(tmp_path_factory, "trained2", records_dir, "stage2", *more)


def trained(tmp_path_factory, name, records_dir, stage, *more):
    from tests import tiny

    def make(folder):
        whole = (
            *("--eval_every=2", "--logical_cpus=2"),
            "--tensorboard_pictures",
        )
        fresh = stage == "stage1"
        done = tiny.train(
            folder / stage, records_dir, *more, *whole, fresh=fresh
        )
        assert done.returncode == 0, done.stderr
        assert "2 replicas" in done.stderr

    return once(tmp_path_factory, name, make) / stage


@pytest.fixture(scope="session")
def data(records_dir):
    from deeppose_tf.data import dataset

    return dataset.load(str(records_dir))


@pytest.fixture(scope="session")
def run_dir(tmp_path_factory, data):
    """A cascade of two untrained stages, and its confidence."""
    from deeppose_tf.models import confidence
    from tests import tiny

    def make(folder):
        stage2 = tiny.untrained(folder, data.skeleton)
        sure = confidence.Confidence(np.linspace(-1, 1, 14), 0.5, 10)
        confidence.save(sure, stage2, data.skeleton.joints)

    return once(tmp_path_factory, "untrained", make) / "stage2"


@pytest.fixture(scope="session")
def exported(tmp_path_factory, run_dir, data):
    """Its export, as version 1."""
    from deeppose_tf.serving import export_saved_model
    from deeppose_tf.serving import export_sources

    def make(folder):
        source = export_sources.of_run(run_dir, data)
        export_saved_model.export(source, str(folder / "tiny"))

    return once(tmp_path_factory, "exported", make) / "tiny"


@pytest.fixture(scope="session")
def exported_model(exported):
    """The export, loaded."""
    from deeppose_tf.serving import saved_models

    return saved_models.load(str(exported))


@pytest.fixture(scope="session")
def exported_half(tmp_path_factory, run_dir, data):
    """Its export with weights of float16."""
    from deeppose_tf.serving import export_saved_model
    from deeppose_tf.serving import export_sources

    def make(folder):
        source = export_sources.of_run(run_dir, data)
        export_saved_model.export(source, folder / "half", "float16")

    return once(tmp_path_factory, "exported_half", make) / "half"
