import concurrent.futures
import json
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.serving import exported_weights
from deeppose_tf.serving import interface
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions
from deeppose_tf.serving import warmup
from tests.launcher import ROOT
from tests.launcher import run


def size_of(version):
    return (version / "saved_model.pb").stat().st_size


def test_float16_halves_the_weights_and_keeps_the_joints(
    exported, exported_half, people
):
    full, half = exported / "1", exported_half / "1"
    weights = 4 * sum(
        exported_weights.load_network(full, stage, "all")[0].count_params()
        for stage in (1, 2)
    )
    assert size_of(full) - size_of(half) > 0.45 * weights > 0
    photos = sorted((people / "images").iterdir())[:20]
    request = {
        "image_bytes": tf.constant([photo.read_bytes() for photo in photos]),
        "box": tf.zeros([len(photos), 4]),
    }
    one, other = (
        saved_models.load(str(path)).signatures["serving_default"](**request)
        for path in (full, half)
    )
    # A training keeps kernels that float16 holds: see weight_averages.py.
    np.testing.assert_allclose(
        one["stage_joints"], other["stage_joints"], atol=2e-3
    )
    card = json.loads((half / "assets/deeppose.json").read_text())
    assert card["dtype"] == "float16"


def test_warm_up_requests_are_answered(exported):
    logs = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2")
    version = exported / "1"
    ask = saved_models.load(str(version)).signatures["serving_default"]
    sizes = []
    for record in tf.data.TFRecordDataset(str(version / interface.WARMUP)):
        log = logs.PredictionLog.FromString(record.numpy())
        request = log.predict_log.request
        assert request.model_spec.name == exported.name
        assert request.model_spec.signature_name == "serving_default"
        inputs = {k: tf.make_ndarray(v) for k, v in request.inputs.items()}
        answer = ask(**{k: tf.constant(v) for k, v in inputs.items()})
        sizes.append(len(answer["joints"]))
        assert np.isfinite(answer["joints"]).all()
    assert tuple(sizes) == warmup.SIZES


def made_up(version):
    """Files by the names of those of an export."""
    for name in (
        "saved_model.pb",
        "variables/variables.index",
        "variables/variables.data-00000-of-00001",
        "assets/deeppose.json",
    ):
        (version / name).parent.mkdir(parents=True, exist_ok=True)
        (version / name).touch()


def test_the_newest_versions_are_kept(tmp_path):
    for number in (1, 2, 9, 10, 11):
        made_up(tmp_path / str(number))
    (tmp_path / "12").mkdir()  # Half of one, or not ours.
    assert sorted(versions.versions(tmp_path)) == [1, 2, 9, 10, 11]
    versions.keep_newest(tmp_path, 3)
    left = sorted(p.name for p in tmp_path.iterdir())
    assert left == ["10", "11", "12", "9"]
    # A server may be loading the newest but one.
    versions.keep_newest(tmp_path, 1)
    left = sorted(p.name for p in tmp_path.iterdir())
    assert left == ["10", "11", "12"]
    assert versions.add(tmp_path, lambda _: None) == tmp_path / "13"


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_export_leaves_nothing(sign, tmp_path):
    code = """if True:
        import pathlib, signal, sys, time
        from deeppose_tf.launch import app
        from deeppose_tf.serving import versions

        def write(temporary):
            (temporary / "saved_model.pb").write_text("half")
            print("writing", flush=True)
            time.sleep(60)

        # Behind nohup it is ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        folder = pathlib.Path(sys.argv[1])
        app.run(lambda _: versions.add(folder, write))
    """
    writer = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with writer:
        assert writer.stdout.readline() == "writing\n"
        writer.send_signal(sign)
        said = writer.stderr.read()
    assert writer.returncode == 128 + sign
    assert f"stopped by {sign.name}" in said.splitlines()
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_export_left_goes_after_a_day(tmp_path):
    names = [f".version.{i * 32}.writing" for i in "78"] + [".theirs.writing"]
    for name, written in zip(names, (0, None, 0), strict=True):
        (tmp_path / name).mkdir()
        (tmp_path / name / "saved_model.pb").write_text("half")
        if written is not None:
            for path in (tmp_path / name / "saved_model.pb", tmp_path / name):
                os.utime(path, (written, written))
    versions.add(tmp_path, lambda _: None)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        ".theirs.writing",
        names[1],
        "1",
    ]


def test_exports_side_by_side_get_a_number_each(tmp_path):
    both_write = threading.Barrier(2)

    def write(temporary):
        (temporary / "saved_model.pb").write_text("")
        both_write.wait(timeout=60)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        done = [pool.submit(versions.add, tmp_path, write) for _ in "12"]
        numbers = sorted(int(future.result().name) for future in done)
    assert numbers == [1, 2]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1", "2"]


def test_an_export_that_fails_leaves_nothing(tmp_path):
    def write(temporary):
        (temporary / "half").write_text("")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        versions.add(tmp_path, write)
    assert not list(tmp_path.iterdir())


def test_what_a_stopped_clean_up_left_goes_too(tmp_path):
    """But nothing that merely has such a name."""
    for name in ("1", ".0.deleting", ".mine.deleting", ".0.old.deleting"):
        (tmp_path / name).mkdir()
    (tmp_path / ".file.deleting").touch()
    (tmp_path / ".7.deleting").touch()
    versions.keep_newest(tmp_path, 1)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        ".0.old.deleting",
        ".7.deleting",
        ".file.deleting",
        ".mine.deleting",
        "1",
    ]


@pytest.mark.slow(15)
def test_the_load_test_counts_requests_and_memory(exported, people):
    done = run(
        "benchmarks.serving_load",
        f"--model={exported}",
        "--clients=2",
        "--people=1,3",
        "--seconds=2",
        "--every=1",
        people / "images",
    )
    # A young process may still grow; that is then what it ends with.
    assert "requests of 2 clients, no error" in done.stdout, done.stderr
    assert done.returncode == 0 or "memory grew" in done.stderr
