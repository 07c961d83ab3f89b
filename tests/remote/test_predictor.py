import json

import numpy as np
import pytest

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.inference import found_people
from deeppose_tf.remote import predictor
from deeppose_tf.remote import server_errors
from deeppose_tf.serving import interface
from deeppose_tf.serving import versions


class Echo:
    """A server whose joints are the box's center, for at most 16 people."""

    def __init__(self):
        self.sizes = []

    def ask(self, model, inputs):
        box = inputs["box"]
        assert str(model) == "--model=lsp"
        assert inputs["image_bytes"] == [b"photo"] * len(box)
        self.sizes.append(len(box))
        scores = box[:, 2:3] / 1000
        return {
            "joints": np.repeat(box[:, None, :2], 14, axis=1),
            "scores": np.repeat(scores, 14, axis=1),
        }


def asking(client, skeleton="lsp"):
    return predictor.RemotePredictor(client, "lsp", "person_finder", skeleton)


@pytest.mark.parametrize(
    "people, sizes", [(1, [1]), (16, [16]), (17, [16, 1]), (40, [16, 16, 8])]
)
def test_a_crowd_is_asked_about_in_parts_and_keeps_its_order(people, sizes):
    server = Echo()
    box = np.arange(4 * people, dtype=np.float32).reshape(people, 4)
    found = asking(server).poses(b"photo", box)
    assert server.sizes == sizes
    np.testing.assert_array_equal(found.box, box)
    np.testing.assert_array_equal(found.joints[:, 13], box[:, :2])
    np.testing.assert_allclose(found.scores[:, 0], box[:, 2] / 1000)


def test_nobody_is_not_asked_about():
    server = Echo()
    found = asking(server).poses(b"photo", np.zeros((0, 4), np.float32))
    assert server.sizes == []
    assert found.joints.shape == (0, 14, 2)
    assert found.scores.shape == (0, 14)


class _Batching:
    """A server that rejects the first so many requests for an image."""

    def __init__(self, refusals):
        self.refusals = refusals

    def ask(self, model, inputs):
        if self.refusals:
            self.refusals -= 1
            raise server_errors.rejected("image_bytes[3] is no readable JPEG")
        count = len(inputs["box"])
        return {
            "joints": np.zeros((count, 14, 2)),
            "scores": np.ones((count, 14)),
        }


def test_a_batch_that_another_s_image_has_spoilt_is_asked_for_again():
    box = np.zeros((1, 4), np.float32)
    assert asking(_Batching(1)).poses(b"", box).scores.min() == 1
    with pytest.raises(errors.InputError, match="image_bytes"):
        asking(_Batching(2)).poses(b"", box)


class _Finder:
    """A server that finds two people, and doubts a third."""

    def ask(self, model, inputs):
        assert str(model) == "--finder=person_finder"
        assert inputs == {"image_bytes": [b"photo"]}
        box = [[50, 60, 20, 40], [90, 60, 30, 10], [9, 9, 9, 9]]
        return {
            "box": np.float32([box]),
            "score": np.float32([[0.9, 0.25, 0.24]]),
        }


def test_people_found_have_square_boxes_as_the_pretrained_model_s_people():
    found = asking(_Finder()).find(b"photo")
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[:, :2], [[50, 60], [90, 60]])
    np.testing.assert_array_equal(found[:, 2], found[:, 3])
    # As much larger than the longer side, for both.
    larger = found[:, 2] / [40, 30]
    assert larger[0] == pytest.approx(larger[1])
    assert 1.0 < larger[0] < 1.5


def test_the_usual_rule_is_that_of_the_pretrained_models():
    for model in ("lsp_extended", "lsp_extended_fast"):
        path = versions.newest(versions.PRETRAINED.with_name(model))
        card = json.loads((path / interface.METADATA).read_text())
        assert card["training_data"]["box"] == found_people.USUAL


def test_a_card_of_an_export_brings_the_rule_of_its_boxes(tmp_path):
    path = tmp_path / "deeppose.json"
    rule = {"kind": "joints", "scale": 2.0, "square": False}
    card = {"skeleton": skeletons.LSP.to_json(), "training_data": {"box": rule}}
    path.write_text(json.dumps(card))
    found = asking(_Finder(), str(path)).find(b"photo")
    usual = asking(_Finder()).find(b"photo")[0, 2] / 40  # By 1.25, and square.
    larger = usual / 1.25 * 2.0
    np.testing.assert_allclose(
        found[:, 2:], larger * np.array([[20, 40], [30, 10]]), rtol=1e-6
    )
    del rule["square"]
    path.write_text(json.dumps(card))
    with pytest.raises(errors.InputError, match="deeppose.json: lacks square"):
        asking(_Finder(), str(path))
