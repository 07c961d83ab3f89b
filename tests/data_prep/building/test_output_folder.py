import os

import pytest

from data_prep.building import output_folder
from deeppose_tf import errors


def test_a_mount_point_is_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr(os.path, "ismount", lambda path: path == tmp_path)
    with (
        pytest.raises(errors.InputError, match="mount point.*a folder in it"),
        output_folder.atomic(str(tmp_path), lambda _: True),
    ):
        pytest.fail("begun")


def test_an_error_leaves_no_folder(tmp_path):
    final = tmp_path / "data"
    with pytest.raises(RuntimeError):
        with output_folder.atomic(
            str(final), output_folder.holds_records
        ) as folder:
            (folder / "half").write_text("x")
            raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_only_files_of_an_earlier_run_are_replaced(tmp_path):
    final = tmp_path / "data"
    for text in ("first", "second"):
        with output_folder.atomic(
            str(final), output_folder.holds_records
        ) as folder:
            (folder / "dataset.json").write_text(text)
    assert (final / "dataset.json").read_text() == "second"
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "mine.jpg").write_text("x")
    with pytest.raises(errors.InputError, match="holds other files"):
        with output_folder.atomic(
            str(tmp_path / "photos"), output_folder.holds_records
        ):
            pass
    assert (tmp_path / "photos" / "mine.jpg").exists()


def test_after_an_error_no_outer_folder_of_ours_is_left(tmp_path):
    final = tmp_path / "a" / "b" / "c"
    with (
        pytest.raises(RuntimeError),
        output_folder.atomic(str(final), output_folder.holds_records),
    ):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a").mkdir()  # Not ours.
    with (
        pytest.raises(RuntimeError),
        output_folder.atomic(str(final), output_folder.holds_records),
    ):
        raise RuntimeError
    assert [p.name for p in tmp_path.rglob("*")] == ["a"]
    with output_folder.atomic(str(final), output_folder.holds_records):
        pass
    assert final.is_dir()
