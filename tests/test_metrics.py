import numpy as np

from deeppose_tf import metrics


def test_pdj_by_hand():
    truth = np.array([[[0.0, 0.0], [10.0, 0.0], [0.0, 20.0]]])
    joints = truth + [[[3.0, 4.0], [0.0, 1.0], [2.0, 0.0]]]  # 5, 1 and 2 px.
    diameters = np.array([10.0])
    for threshold, hits in ((0.1, "000"), (0.15, "010"), (0.3, "011")):
        found = metrics.pdj_hits(joints, truth, diameters, threshold)
        assert found.tolist() == [[c == "1" for c in hits]]


def test_pdj_exactly_at_the_threshold_is_a_miss():
    truth = np.zeros((1, 1, 2))
    joints = np.array([[[5.0, 0.0]]])
    diameters = np.array([10.0])
    assert not metrics.pdj_hits(joints, truth, diameters, 0.5).any()
    assert metrics.pdj_hits(joints, truth, diameters, 0.51).all()


def test_pcp_strict_needs_both_ends_relaxed_their_mean():
    truth = np.array([[0.0, 0.0], [10.0, 0.0]])
    limbs = ((0, 1),)
    # Ends are off by 6 and 2 pixels; half the limb is 5.
    joints = truth + [[0.0, 6.0], [2.0, 0.0]]
    assert metrics.pcp_hits(joints, truth, limbs, strict=False).all()
    assert not metrics.pcp_hits(joints, truth, limbs, strict=True).any()
    # Exactly half is a hit.
    joints = truth + [[0.0, 5.0], [5.0, 0.0]]
    assert metrics.pcp_hits(joints, truth, limbs, strict=True).all()


def test_share_ignores_what_does_not_count():
    hits = np.array([[True, True], [False, True]])
    counted = np.array([[True, False], [True, False]])
    assert metrics.share(hits, counted) == 0.5
    np.testing.assert_array_equal(
        metrics.share(hits, counted, axis=0), [0.5, 0.0]
    )


def test_share_of_nothing_is_zero():
    assert metrics.share(np.ones((2, 2), bool), np.zeros((2, 2), bool)) == 0.0
