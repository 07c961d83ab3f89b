import json

import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf import exports
from deeppose_tf import saved_models
from deeppose_tf import warmup
from tests.conftest import run


def size_of(version):
    return sum(p.stat().st_size for p in (version / "variables").iterdir())


def test_float16_halves_the_weights_and_keeps_the_joints(
    run_dir, exported, data, tmp_path, people
):
    full = exported / "1"
    half = exports.export(run_dir, tmp_path / "half", data, "float16")
    assert size_of(half) < 0.55 * size_of(full)
    photos = sorted((people / "images").iterdir())[:20]
    request = {
        "image_bytes": tf.constant([photo.read_bytes() for photo in photos]),
        "box": tf.zeros([len(photos), 4]),
    }
    one, other = (
        saved_models.load(str(path)).signatures["serving_default"](**request)
        for path in (full, half)
    )
    np.testing.assert_allclose(
        one["stage_joints"], other["stage_joints"], atol=0.1
    )
    card = json.loads((half / "assets/deeppose.json").read_text())
    assert card["dtype"] == "float16"


def test_warm_up_requests_are_answered(exported):
    logs = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2")
    version = exported / "1"
    ask = saved_models.load(str(version)).signatures["serving_default"]
    sizes = []
    for record in tf.data.TFRecordDataset(str(version / warmup.FILE)):
        log = logs.PredictionLog.FromString(record.numpy())
        request = log.predict_log.request
        assert request.model_spec.name == exported.name
        assert request.model_spec.signature_name == "serving_default"
        inputs = {k: tf.make_ndarray(v) for k, v in request.inputs.items()}
        answer = ask(**{k: tf.constant(v) for k, v in inputs.items()})
        sizes.append(len(answer["joints"]))
        assert np.isfinite(answer["joints"]).all()
    assert tuple(sizes) == warmup.SIZES


def test_the_newest_versions_are_kept(tmp_path):
    for number in (1, 2, 9, 10):
        (tmp_path / str(number)).mkdir()
    saved_models.keep_newest(tmp_path, 2)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["10", "9"]
    assert saved_models.next_version(tmp_path) == tmp_path / "11"


def test_export_keeps_as_many_as_it_is_told(run_dir, records_dir, tmp_path):
    for _ in range(2):
        done = run(
            "deeppose_tf.export",
            f"--run_dir={run_dir}",
            f"--data_dir={records_dir}",
            f"--export_dir={tmp_path / 'm'}",
            "--keep=1",
        )
        assert done.returncode == 0, done.stderr
    assert [p.name for p in (tmp_path / "m").iterdir()] == ["2"]
