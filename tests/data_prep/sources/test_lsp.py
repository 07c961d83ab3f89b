"""LSP and LSP extended: annotations -> persons."""

import numpy as np
import pytest

from data_prep.sources import lsp
from deeppose_tf import errors
from tests.data_prep import layouts


def test_lsp_has_an_official_split_and_occlusion(lsp_like):
    people = lsp.read(str(lsp_like))
    assert [p.official for p in people] == ["train"] * 3 + ["test"] * 3
    # MATLAB's pixel 11 has its center at 10.5.
    np.testing.assert_allclose(people[0].joints[3], [10.5, 20.5])
    assert people[0].labeled.all()
    assert not people[0].visible[3]
    assert people[0].visible.sum() == 13
    assert people[0].image_path.name == "im0001.jpg"


def test_extended_masks_junk(tmp_path):
    joints = layouts.extended()
    joints[5, :, 2] = [-26.0, 3.0, 0.0]
    joints[6, :, 2] = [np.nan, 3.0, 1.0]
    people = lsp.read(str(layouts.write_source(tmp_path / "e", joints)))
    assert {p.official for p in people} == {None}
    assert np.flatnonzero(~people[2].labeled).tolist() == [5, 6]
    np.testing.assert_array_equal(people[2].joints[[5, 6]], np.zeros((2, 2)))


def test_a_single_person_is_read_too(tmp_path):
    source = layouts.write_source(tmp_path / "one", layouts.extended(1)[..., 0])
    assert len(lsp.read(str(source))) == 1


def test_real_lsp_annotations(real_data):
    people = lsp.read(str(real_data / "lsp"))
    assert len(people) == 2000
    assert sum(p.official == "train" for p in people) == 1000
    assert all(p.labeled.all() for p in people)
    # scipy: joints[:2, 0, 0] is (473.95283, 552.63152).
    np.testing.assert_allclose(people[0].joints[0], [473.45283, 552.13152])


def test_real_lspet_annotations(real_data):
    people = lsp.read(str(real_data / "lspet"))
    assert len(people) == 8000
    assert not people[0].labeled[0]
    np.testing.assert_allclose(
        people[0].joints[1], [25.53094, 85.91023], atol=1e-4
    )
    share = np.mean([p.labeled.mean() for p in people])
    assert share == pytest.approx(0.8797, abs=1e-4)
    inside = np.concatenate([p.joints[p.labeled] for p in people])
    assert inside.min() > -3.0


@pytest.mark.parametrize("content", [None, b"no MAT file at all"])
def test_a_missing_or_broken_mat_file_is_named(tmp_path, content):
    (tmp_path / "s").mkdir()
    if content:
        (tmp_path / "s" / "joints.mat").write_bytes(content)
    with pytest.raises(errors.InputError, match="joints.mat"):
        lsp.read(str(tmp_path / "s"))
