import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from data_prep.building import encoding
from data_prep.building import person_box
from data_prep.building import splits
from data_prep.building.build_options import Options
from data_prep.sources import lsp
from data_prep.sources import mpii
from deeppose_tf.geometry import boxes
from tests.data_prep import layouts

JOINTS_RULE = person_box.Rule("joints", 1.25, square=True)


def test_person_of_the_whole_image_box(lsp_like):
    annotation = lsp.read(str(lsp_like))[0]
    [person] = encoding.to_persons(
        [annotation], layouts.IMAGE_RULE, max_side=None
    )
    np.testing.assert_array_equal(person.box, [40, 30, 80, 60])
    np.testing.assert_allclose(
        person.joints[3], [(10.5 - 40) / 80, (20.5 - 30) / 60], atol=1e-6
    )
    assert person.image == annotation.image_path.read_bytes()


def test_box_of_the_joints_encloses_them_scaled(lsp_like):
    annotation = lsp.read(str(lsp_like))[0]
    [person] = encoding.to_persons([annotation], JOINTS_RULE, max_side=None)
    assert person.box[2] == person.box[3]
    assert np.abs(person.joints).max() == pytest.approx(0.5 / 1.25, abs=1e-6)


def test_the_first_person_of_each_reason_is_named(
    lsp_like, monkeypatch, caplog
):
    monkeypatch.setattr(encoding, "_told", set())
    whole = lsp.read(str(lsp_like))[0]
    missing = dataclasses.replace(whole, image_path=lsp_like / "none.jpg")
    nothing = dataclasses.replace(whole, labeled=np.zeros(14, bool))
    people = [missing] * 30 + [whole, nothing, nothing]
    options = Options("o", JOINTS_RULE, 1, 0.0, 0.0, None, {})
    with caplog.at_level("WARNING"):
        found = [*encoding.prepare(people, options)]
    reasons = {person.reason: None for person in found if person.reason}
    assert len(reasons) == 2
    assert caplog.messages == [
        f"{path}: {reason}"
        for path, reason in zip(
            (missing.image_path, whole.image_path), reasons, strict=True
        )
    ]


def test_max_side_shrinks_picture_and_joints_alike(lsp_like):
    annotation = lsp.read(str(lsp_like))[0]
    [person] = encoding.to_persons(
        [annotation], layouts.IMAGE_RULE, max_side=40
    )
    assert (person.width, person.height) == (40, 30)
    with Image.open(io.BytesIO(person.image)) as image:
        assert image.size == (40, 30)
    in_pixels = boxes.denormalize(person.joints, person.box)
    np.testing.assert_allclose(in_pixels[3], [5.25, 10.25], atol=1e-4)


def test_people_of_one_image_never_fall_on_both_sides(tmp_path):
    folder = layouts.mpii_list(tmp_path / "m")
    people = mpii.read(str(folder)).people
    options = Options("o", layouts.OWN_BOX, 1, 0.5, 0.5, None, {})
    assert len({splits.of_person(p, options) for p in people}) == 1
