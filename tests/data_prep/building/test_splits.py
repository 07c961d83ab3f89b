import collections

from data_prep.building import splits


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
