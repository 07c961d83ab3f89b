import dataclasses

import numpy as np
import pytest

from deeppose_tf import errors
from deeppose_tf.evaluation import cascade_predictions as judged_files
from deeppose_tf.evaluation.cascade_predictions import CascadePredictions
from deeppose_tf.geometry import skeletons
from deeppose_tf.reports import comparison

LSP = skeletons.LSP


def judged(noise, persons=80, seed=0):
    """Predictions that are off by `noise` diameters to the right."""
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0, 100, (persons, 14, 2)).astype(np.float32)
    truth[:, LSP.index("left_shoulder")] = [0, 0]
    truth[:, LSP.index("right_hip")] = [30, 40]  # Torso diameter 50.
    off = 50 * noise * rng.uniform(0, 2, (persons, 1, 1)) * [1, 0]
    return CascadePredictions(
        person_ids=np.array([f"p{i}" for i in range(persons)], "S"),
        image_ids=np.array([f"i{i}" for i in range(persons)], "S"),
        joints=(truth + off).astype(np.float32)[:, None],
        scores=np.ones((persons, 14), np.float32),
        truth=truth,
        labeled=np.ones((persons, 14), bool),
        box=np.tile(np.float32([50, 50, 100, 100]), (persons, 1)),
        head_sizes=np.zeros(persons, np.float32),
        areas=np.zeros(persons, np.float32),
        mean_pose=np.zeros((14, 2), np.float32),
        seconds=1.0,
    )


def test_the_better_model_is_told_from_the_worse():
    found = comparison.compare(judged(0.1), judged(0.3), LSP)
    assert found["persons"] == 80
    row = found["rows"]["pdj@0.2"]
    # Off by 0 to 0.2 diameters, and by 0 to 0.6: a third of them below 0.2.
    assert row["one"] == 1.0
    assert row["other"] == pytest.approx(1 / 3, abs=0.12)
    assert row["difference"] == pytest.approx(row["one"] - row["other"])
    low, high = row["interval"]
    assert 0.4 < low < row["difference"] < high < 0.9


def test_a_model_does_not_differ_from_itself():
    rows = comparison.compare(judged(0.2), judged(0.2), LSP)["rows"]
    for row in rows.values():
        assert row["difference"] == 0.0
        assert row["interval"] == [0.0, 0.0]


def test_persons_are_paired_by_id_not_by_place():
    one = judged(0.2)
    order = np.random.default_rng(0).permutation(80)[:60]
    columns = ("person_ids", "joints", "scores", "truth", "labeled", "box")
    other = dataclasses.replace(
        one, **{name: getattr(one, name)[order] for name in columns}
    )
    found = comparison.compare(one, other, LSP)
    assert found["persons"] == 60
    assert found["rows"]["error_diameters"]["difference"] == 0.0


def test_other_people_or_another_truth_is_refused():
    one = judged(0.2)
    ids = np.array([f"q{i}" for i in range(80)], "S")
    with pytest.raises(errors.InputError, match="no person in common"):
        comparison.compare(one, dataclasses.replace(one, person_ids=ids), LSP)
    moved = dataclasses.replace(one, truth=one.truth + 3)
    with pytest.raises(errors.InputError, match="different truth"):
        comparison.compare(one, moved, LSP)


def test_judged_people_come_back_from_disk(tmp_path):
    one = judged(0.2)
    judged_files.save(one, tmp_path)
    again = judged_files.load(tmp_path)
    for name, value in vars(one).items():
        np.testing.assert_array_equal(value, getattr(again, name))
    with pytest.raises(errors.InputError, match="--compare names"):
        judged_files.load(tmp_path / "nowhere")
