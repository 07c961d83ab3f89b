"""What is exported again, out of a SavedModel."""

import json
import shutil

import numpy as np
import pytest

from deeppose_tf.serving import export_sources
from deeppose_tf.serving import interface
from deeppose_tf.storage import digests


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (2, 50, 40, 3)).astype(np.uint8)
    box = np.array([[20.0, 25.0, 30.0, 40.0], [15.0, 20.0, 30.0, 30.0]])
    return image, box.astype(np.float32)


def test_an_export_holds_all_of_its_run(run_dir, data, exported, pictures):
    trained = export_sources.of_run(run_dir, data)
    found = export_sources.of_export(exported / "1")
    assert found.metadata("float32") == trained.metadata("float32")
    for ours, want in zip(
        found.model.predict(*pictures)[:2],
        trained.model.predict(*pictures)[:2],
        strict=True,
    ):
        np.testing.assert_array_equal(ours, want)


def test_of_float16_the_rounded_kernels(run_dir, data, exported_half, pictures):
    trained = export_sources.of_run(run_dir, data)
    found = export_sources.of_export(exported_half / "1")
    ours, want = found.model(*pictures), trained.model(*pictures)
    assert 0 < np.abs(ours - want).max() < 0.1


def test_exports_average_over_mirror_images_as_before(exported, tmp_path):
    assert not export_sources.of_export(exported / "1").flip_average
    version = shutil.copytree(exported / "1", tmp_path / "1")
    (version / digests.NAME).unlink()
    path = version / interface.METADATA
    card = json.loads(path.read_text()) | {"flip_average": True}
    path.write_text(json.dumps(card))
    assert export_sources.of_export(version).flip_average


def test_looks_are_kept_or_replaced(exported):
    found = export_sources.of_export(exported / "1")
    assert found.model.looks.count == 1
    twice = found.looking(2)
    assert twice.model.looks.count == 2 and found.model.looks.count == 1
    assert twice.metadata("float32")["looks"]["count"] == 2
