import collections

import pytest

from data_prep.building import output_folder
from data_prep.building import splits
from deeppose_tf import errors


def drawn_splits(n, **how):
    how = dict(val_fraction=0.1, test_fraction=0.2, official=None) | how
    return [splits.by_image(f"people/im{i}.jpg", **how) for i in range(n)]


def test_split_by_hash_has_about_the_wanted_shares_and_repeats():
    found = drawn_splits(5000)
    counts = collections.Counter(found)
    assert abs(counts["test"] - 1000) < 100
    assert abs(counts["val"] - 400) < 70  # A tenth of the other 4000.
    assert found == drawn_splits(5000)


def test_official_split_wins_and_test_images_never_validate():
    assert set(drawn_splits(500, official="test")) == {"test"}
    assert set(drawn_splits(500, official="train")) == {"train", "val"}


def test_whole_or_nothing_leaves_nothing_after_an_error(tmp_path):
    final = tmp_path / "data"
    with pytest.raises(RuntimeError):
        with output_folder.atomic(
            str(final), output_folder.holds_records
        ) as folder:
            (folder / "half").write_text("x")
            raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_whole_or_nothing_replaces_only_its_own(tmp_path):
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
