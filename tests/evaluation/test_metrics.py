import numpy as np
from scipy import integrate

from deeppose_tf.evaluation import metrics


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


def test_pck_exactly_at_the_threshold_is_a_hit():
    truth = np.zeros((1, 2, 2))
    joints = np.array([[[2.0, 0.0], [2.1, 0.0]]])
    found = metrics.pck_hits(joints, truth, np.array([10.0]), 0.2)
    assert found.tolist() == [[True, False]]


def test_torso_box_is_its_longer_side_and_0_where_a_corner_is_missing():
    truth = np.array([[0.0, 0.0], [30.0, 5.0], [2.0, 40.0], [28.0, 44.0]])
    labeled = np.ones(4, bool)
    assert metrics.torso_box(truth, labeled, (0, 1, 2, 3)) == 44.0
    labeled[2] = False
    assert metrics.torso_box(truth, labeled, (0, 1, 2, 3)) == 0.0


def test_area_under_pdj_is_the_limit_of_a_fine_curve():
    rng = np.random.default_rng(0)
    truth = np.zeros((500, 1, 2))
    joints = rng.normal(0, 3, (500, 1, 2))
    diameters = np.full(500, 10.0)
    # By hand: right at the truth 1, at a quarter diameter half, at 0.5 none.
    off = np.array([[[0.0, 0.0], [2.5, 0.0], [5.0, 0.0], [90.0, 0.0]]])
    area = metrics.area_under_pdj(off, np.zeros_like(off), diameters[:1])
    np.testing.assert_allclose(area, [[1.0, 0.5, 0.0, 0.0]])
    thresholds = np.linspace(0, 0.5, 2001)
    curve = [
        metrics.pdj_hits(joints, truth, diameters, t).mean() for t in thresholds
    ]
    fine = integrate.trapezoid(curve, thresholds) / 0.5
    found = metrics.area_under_pdj(joints, truth, diameters).mean()
    assert abs(found - fine) < 1e-3


def test_a_pose_with_left_and_right_exchanged_is_found():
    truth = np.array([[[0.0, 0.0], [10.0, 0.0], [5.0, 5.0]]] * 3)
    mirror = (1, 0, 2)
    joints = truth.copy()
    joints[1] = truth[1, mirror, :]
    joints[2] = 500.0  # Wrong either way.
    labeled = np.ones((3, 3), bool)
    found = metrics.is_swapped(joints, truth, labeled, np.full(3, 10.0), mirror)
    assert found.tolist() == [False, True, False]
    labeled[1, :2] = False  # The joint in the middle has no other side.
    found = metrics.is_swapped(joints, truth, labeled, np.full(3, 10.0), mirror)
    assert not found.any()
