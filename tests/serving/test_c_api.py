"""Exports in the loader that TF Serving uses, with nothing of Python in it."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow.core.protobuf import saved_model_pb2

from deeppose_tf.serving import export_saved_model
from deeppose_tf.serving import saved_models
from tests.conftest import ROOT

BOXES = ((40, 30, 50, 50), (0, 0, 0, 0), (-90, 500, 30, 60))


@pytest.fixture(scope="module", params=export_saved_model.DTYPES)
def model(request, run_dir, data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("c_api") / request.param
    export_saved_model.export(run_dir, folder, data, request.param)
    return saved_models.load(str(folder))


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """20 images of several sizes, kinds and modes, encoded."""
    folder = tmp_path_factory.mktemp("images")
    kinds = (("RGB", "jpg"), ("L", "png"), ("CMYK", "jpg"), ("RGB", "png"))
    encoded = []
    for i in range(20):
        mode, kind = kinds[i % len(kinds)]
        rng = np.random.default_rng(i)
        pixels = rng.integers(0, 256, (40 + 3 * i, 90 - i, 3), np.uint8)
        path = folder / f"{i}.{kind}"
        Image.fromarray(pixels).convert(mode).save(path)
        encoded.append(path.read_bytes())
    return encoded


def strings(values):
    return {"strings": [bytes(value).hex() for value in values]}


def ask(model, folder, signature, output="joints", **inputs):
    """Asks through the C API; the process, and what it answered."""
    described = (
        saved_model_pb2.SavedModel.FromString(
            (model.path / "saved_model.pb").read_bytes()
        )
        .meta_graphs[0]
        .signature_def[signature]
    )
    request = {
        "inputs": {
            described.inputs[name].name: value for name, value in inputs.items()
        },
        "output": described.outputs[output].name,
    }
    (folder / "request.json").write_text(json.dumps(request))
    answer = folder / "answer.npy"
    done = subprocess.run(
        [
            *(sys.executable, ROOT / "tests" / "c_api.py"),
            *(model.path, folder / "request.json", answer),
        ],
        capture_output=True,
        text=True,
    )
    return done, np.load(answer) if answer.exists() else None


@pytest.mark.parametrize("output", ["joints", "stage_joints", "scores"])
def test_more_people_than_a_pass_takes_get_python_s_answer(
    model, images, output, tmp_path
):
    box = np.float32([BOXES[i % len(BOXES)] for i in range(len(images))])
    want = model.signatures["serving_default"](
        image_bytes=tf.constant(images), box=tf.constant(box)
    )[output]
    done, found = ask(
        model,
        tmp_path,
        "serving_default",
        output,
        image_bytes=strings(images),
        box={"floats": box.tolist()},
    )
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(found, want, atol=1e-3)


def test_records_get_python_s_answer(model, data, tmp_path):
    files = list(data.split("test").files)
    examples = [e.numpy() for e in tf.data.TFRecordDataset(files)]
    want = model.signatures["tf_example"](examples=tf.constant(examples))
    done, found = ask(model, tmp_path, "tf_example", examples=strings(examples))
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(found, want["joints"], atol=1e-3)


def test_a_broken_image_is_an_invalid_argument_that_is_named(
    model, images, tmp_path
):
    broken = [*images[:17], images[17][:50], *images[18:]]
    done, found = ask(
        model,
        tmp_path,
        "serving_default",
        image_bytes=strings(broken),
        box={"floats": np.zeros((20, 4)).tolist()},
    )
    assert found is None
    # 3 is INVALID_ARGUMENT.
    assert done.stderr.strip().splitlines()[-1].startswith("code 3: ")
    assert "image_bytes[17] is no readable JPEG or PNG" in done.stderr
