import numpy as np
import pytest

from deeppose_tf.videos import smoothing


def smoothed(joints, rate=25.0, side=200.0):
    one = smoothing.OneEuro()
    return np.stack(
        [one(i / rate, pose, side) for i, pose in enumerate(joints)]
    )


def test_a_step_is_taken_as_the_paper_says():
    one = smoothing.OneEuro()
    one(0.0, np.zeros((1, 2)), 100.0)
    found = one(0.1, np.array([[3.0, 4.0]]), 100.0)
    # Speed 50 pixels/s, of which the filter for speed takes 1 / (1 + 1/(0.2pi))
    # = .3859; 19.29 pixels/s are .1929 sides/s.
    cutoff = smoothing.LEAST_CUTOFF + smoothing.PER_SPEED * 0.1929
    share = 1.0 / (1.0 + 1.0 / (2 * np.pi * cutoff * 0.1))
    np.testing.assert_allclose(found, [[3 * share, 4 * share]], rtol=1e-3)


def test_who_rests_does_not_tremble():
    noise = np.random.default_rng(0).normal(0.0, 2.0, (100, 14, 2))
    found = smoothed(300.0 + noise)
    assert (
        np.abs(np.diff(found[20:], axis=0)).mean()
        < 0.4 * np.abs(np.diff(noise, axis=0)).mean()
    )


def test_who_is_fast_does_not_lag():
    steps = np.arange(50.0)[:, None, None] * np.full((1, 14, 2), 8.0)
    found = smoothed(steps)  # A box side a second.
    assert np.abs(found - steps).max() < 0.05 * 200


def test_a_frame_of_the_same_time_changes_nothing():
    one = smoothing.OneEuro()
    first = one(1.0, np.zeros((1, 2)), 100.0)
    for seconds in (1.0, 0.5):
        np.testing.assert_array_equal(
            one(seconds, np.ones((1, 2)), 100.0), first
        )
    assert one(1.5, np.ones((1, 2)), 100.0).min() > 0


@pytest.mark.parametrize("rate", [5.0, 60.0])
def test_it_comes_to_rest_where_the_joints_are(rate):
    joints = np.zeros((int(4 * rate), 1, 2))
    joints[1:] = 50.0
    np.testing.assert_allclose(smoothed(joints, rate)[-1], 50.0, atol=0.1)
