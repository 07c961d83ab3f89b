"""Exports in the loader that TF Serving uses, with nothing of Python in it."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow.core.protobuf import saved_model_pb2

from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions
from tests.launcher import ROOT

BOXES = ((40, 30, 50, 50), (0, 0, 0, 0), (-90, 500, 30, 60))


OUTPUTS = ("joints", "stage_joints", "scores", "person_scores")


@pytest.fixture(
    scope="module",
    params=[
        "exported_model",
        pytest.param("half_model", marks=pytest.mark.slow(15)),
    ],
)
def model(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def half_model(exported_half):
    return saved_models.load(str(exported_half))


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


@pytest.fixture(scope="module")
def crowd(images):
    """Inputs of `serving_default`, more people than a pass takes."""
    boxes = [BOXES[i % len(BOXES)] for i in range(len(images))]
    return {"image_bytes": images, "box": np.float32(boxes)}


@pytest.fixture(scope="module")
def examples(data):
    """Records of the test split."""
    files = list(data.split("test").files)
    return [example.numpy() for example in tf.data.TFRecordDataset(files)]


@pytest.fixture(scope="module")
def broken(images):
    """Inputs of `serving_default`, of which the 18th is cut short."""
    cut = [*images[:17], images[17][:50], *images[18:]]
    return {"image_bytes": cut, "box": np.zeros((20, 4), np.float32)}


@pytest.fixture(scope="module")
def answers(model, crowd, examples, broken, tmp_path_factory):
    """What the C API answers, in one process: {name: array or error}."""
    requests = {
        output: request(model.path, "serving_default", output, **crowd)
        for output in OUTPUTS
    }
    requests["records"] = request(
        model.path, "tf_example", "joints", examples=examples
    )
    requests["broken"] = request(
        model.path, "serving_default", "joints", **broken
    )
    return asked(model.path, requests, tmp_path_factory.mktemp("answers"))


def asked(path, requests, folder):
    """What the C API answers of an export: {name: array or error}."""
    (folder / "requests.json").write_text(json.dumps(list(requests.values())))
    done = subprocess.run(
        [
            *(sys.executable, ROOT / "tests" / "serving" / "c_api.py"),
            *(path, folder / "requests.json", folder),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return {
        name: np.load(folder / f"{i}.npy")
        if (folder / f"{i}.npy").exists()
        else (folder / f"{i}.txt").read_text()
        for i, name in enumerate(requests)
    }


def request(path, signature, output, **inputs):
    """As c_api.py takes it: with the names of tensors."""
    described = (
        saved_model_pb2.SavedModel.FromString(
            (path / "saved_model.pb").read_bytes()
        )
        .meta_graphs[0]
        .signature_def[signature]
    )
    values = {
        name: {"floats": value.tolist()}
        if isinstance(value, np.ndarray)
        else {"strings": [each.hex() for each in value]}
        for name, value in inputs.items()
    }
    return {
        "inputs": {
            described.inputs[name].name: values[name] for name in values
        },
        "output": described.outputs[output].name,
    }


@pytest.mark.parametrize("output", OUTPUTS)
def test_more_people_than_a_pass_takes_get_python_s_answer(
    model, crowd, answers, output
):
    want = model.signatures["serving_default"](
        image_bytes=tf.constant(crowd["image_bytes"]),
        box=tf.constant(crowd["box"]),
    )
    np.testing.assert_allclose(answers[output], want[output], atol=1e-3)


def test_records_get_python_s_answer(model, examples, answers):
    want = model.signatures["tf_example"](examples=tf.constant(examples))
    np.testing.assert_allclose(answers["records"], want["joints"], atol=1e-3)


def test_a_broken_image_is_an_invalid_argument_that_is_named(answers):
    # 3 is INVALID_ARGUMENT.
    assert answers["broken"].startswith("code 3: ")
    assert "image_bytes[17] is no readable JPEG or PNG" in answers["broken"]


def test_the_finder_sees_python_s_people_in_a_batch(images, tmp_path):
    path = versions.newest(versions.FINDER)
    photo = (ROOT / "docs" / "images" / "firefighter.jpg").read_bytes()
    batch = [images[0], photo, images[1]]
    requests = {
        output: request(path, "serving_default", output, image_bytes=batch)
        for output in ("box", "score")
    }
    requests["broken"] = request(
        path, "serving_default", "box", image_bytes=[photo, b"none"]
    )
    found = asked(path, requests, tmp_path)
    want = saved_models.load_finder(str(path))["serving_default"](
        image_bytes=tf.constant(batch)
    )
    assert found["score"][1].max() > 0.25 > found["score"][0].max()
    for output in ("box", "score"):
        np.testing.assert_allclose(found[output], want[output], atol=1e-3)
    assert found["broken"].startswith("code 3: ")
