import contextlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from tests import launcher
from tests.data_prep import layouts


@pytest.fixture
def source(tmp_path):
    """Nine people, of whom two cannot be used."""
    joints = layouts.extended(9)
    joints[:, 2, 1] = 0.0
    source = layouts.write_source(tmp_path / "lspet", joints)
    (source / "images" / "im00004.jpg").unlink()
    return source


@contextlib.contextmanager
def dask_cluster():
    """The address of a cluster of two processes on this machine."""
    program = (
        "import sys, distributed\n"
        "if __name__ == '__main__':\n"
        "    cluster = distributed.LocalCluster(n_workers=2,\n"
        "        threads_per_worker=1, dashboard_address=None)\n"
        "    print(cluster.scheduler_address, flush=True)\n"
        "    sys.stdin.read()\n"
        "    cluster.close()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=launcher.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(launcher.ROOT)},
    ) as cluster:
        yield cluster.stdout.readline().strip()
        cluster.communicate()


def files_of(folder):
    """Bytes by name; of dataset.json what is the same of all runners."""
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    card = json.loads(files.pop("dataset.json"))
    del card["arguments"], card["digest"]
    return card, files


def check_runner(source, tmp_path, processes, *beam_options):
    """Builds locally and by a runner, and compares all files."""
    flags = (
        *("--test_fraction=0.4", "--val_fraction=0.4", "--num_shards=4"),
        *("--box=joints", "--box_scale=1.3"),
    )
    options = [f"--beam_option={option}" for option in beam_options]
    local, beam = tmp_path / "local", tmp_path / "beam"
    done = layouts.build(source, local, *flags)
    assert done.returncode == 0, done.stderr
    done = layouts.build(source, beam, *flags, "--beam", *options)
    assert done.returncode == 0, done.stderr
    assert f"4 shards were built by {processes} process" in done.stderr
    card, files = files_of(local)
    assert files_of(beam) == (card, files)
    splits = card["splits"].values()
    assert sum(split["persons"] for split in splits) == 7
    assert card["skipped"] == {"image missing": 1, "no labeled joint": 1}
    assert len(files) > 4


@pytest.mark.slow(10)
def test_a_pipeline_writes_the_files_of_a_local_build(source, tmp_path):
    pytest.importorskip("apache_beam", reason="extra beam")
    check_runner(source, tmp_path, 1)


@pytest.mark.slow(10)
def test_workers_in_processes_of_their_own(source, tmp_path):
    pytest.importorskip("apache_beam", reason="extra beam")
    check_runner(
        *(source, tmp_path, 2),
        "direct_running_mode=multi_processing",
        "direct_num_workers=2",
    )


@pytest.mark.slow(15)
def test_a_dask_cluster_of_two_processes(source, tmp_path):
    pytest.importorskip("apache_beam", reason="extra dask")
    pytest.importorskip("distributed", reason="extra dask")
    with dask_cluster() as address:
        check_runner(
            *(source, tmp_path, 2),
            "runner=apache_beam.runners.dask.dask_runner.DaskRunner",
            f"dask_client_address={address}",
            "dask_partition_size=1",
        )


def test_a_pipeline_that_cannot_run_is_a_line_and_leaves_nothing(
    source, tmp_path
):
    pytest.importorskip("apache_beam", reason="extra beam")
    output = tmp_path / "records"
    done = layouts.build(
        source, output, "--beam", "--beam_option=runner=NoRunner"
    )
    assert launcher.refused(done, "--beam", "NoRunner", "--beam_option")
    assert {p.name for p in tmp_path.iterdir()} == {"lspet"}


def test_without_beam_the_way_out_is_told(source, tmp_path):
    absent = tmp_path / "absent" / "apache_beam"
    absent.mkdir(parents=True)
    (absent / "__init__.py").write_text(
        "raise ModuleNotFoundError('', name='apache_beam')"
    )
    done = launcher.run(
        "data_prep.build_lsp",
        f"--source={source}",
        f"--output_dir={tmp_path / 'records'}",
        "--beam",
        PYTHONPATH=str(absent.parent),
    )
    assert launcher.refused(done, "apache_beam", 'pip install -e ".[beam]"')
    assert not (tmp_path / "records").exists()


def test_beam_s_options_want_beam(source, tmp_path):
    done = layouts.build(source, tmp_path / "records", "--beam_option=runner=X")
    assert launcher.refused(done, "--beam_option", "--beam")
    assert np.all([p.name == "lspet" for p in tmp_path.iterdir()])
