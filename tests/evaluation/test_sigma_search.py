"""Box sizes tried on a cascade whose first stage tells how sure it is."""

import numpy as np
import pytest

from deeppose_tf import errors
from deeppose_tf.evaluation import sigma_search
from deeppose_tf.evaluation import stage_predictions
from deeppose_tf.geometry import torso
from tests import tiny


@pytest.fixture(scope="module")
def unsure(tmp_path_factory, data):
    """Two untrained stages; the first tells spreads."""
    folder = tmp_path_factory.mktemp("unsure")
    heads = "peak", "integral"
    return tiny.untrained(folder, data.skeleton, heads, sigma=2.0)


def test_hardly_any_power_is_the_trained_size(unsure, data):
    sizes = [0.5, 2.0, 8.0]
    tried = sigma_search.sweep(unsure, data, "train", sizes, powers=[1e-9])
    assert [(t.sigma, t.power) for t in tried] == [
        *((size, 0) for size in sizes),
        (2.0, 1e-9),
    ]
    assert tried[3].pdj == tried[1].pdj
    assert tried[3].containment == tried[1].containment


def test_unsure_joints_have_the_larger_boxes(unsure, data):
    # 2 is halfway from 0.5 to 8: above the median spread all have 8.
    by_spread = sigma_search.sweep(
        unsure, data, "train", [0.5, 8.0], powers=[3]
    )[2]
    before = stage_predictions.of_split(unsure.parent / "stage1", data, "train")
    pixels = before.in_pixels()
    predicted, truth = pixels.joints, pixels.truth
    diameter = torso.predicted_diameter(
        predicted, before.box, data.skeleton.torsos
    ).numpy()
    spread = np.hypot(
        before.spread[..., 0] * before.box[:, None, 2],
        before.spread[..., 1] * before.box[:, None, 3],
    )
    relative = spread / diameter[:, None]
    sides = (
        np.where(relative > np.median(relative), 8.0, 0.5) * diameter[:, None]
    )
    inside = np.abs(predicted - truth).max(-1) <= sides / 2
    assert 0 < inside[before.labeled].mean() < 1
    assert by_spread.containment == pytest.approx(inside[before.labeled].mean())


def test_boxes_by_spread_need_a_spread(run_dir, data):
    with pytest.raises(errors.InputError, match="predicts no spread"):
        sigma_search.sweep(run_dir, data, "train", [2.0], powers=[0.5])
