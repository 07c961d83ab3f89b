import numpy as np

from deeppose_tf import scores
from deeppose_tf import skeletons

LSP = skeletons.LSP


def people():
    rng = np.random.default_rng(0)
    truth = rng.uniform(0, 100, (3, 14, 2)).astype(np.float32)
    truth[:, LSP.index("left_shoulder")] = [0, 0]
    truth[:, LSP.index("right_hip")] = [30, 40]  # Torso diameter 50.
    return truth, np.ones((3, 14), bool)


def test_perfect_predictions_score_one():
    truth, labeled = people()
    result = scores.score(truth, truth, labeled, LSP)
    assert result["persons"] == 3
    assert result["persons_without_torso"] == 0
    assert scores.pdj_at(result, 0.05) == 1.0
    assert result["pcp_strict"]["mean_of_four"] == 1.0
    assert result["pcp_relaxed"]["upper_arm"] == 1.0


def test_a_joint_off_by_six_pixels_misses_at_0_1_and_hits_at_0_2():
    truth, labeled = people()
    joints = truth.copy()
    joints[:, LSP.index("left_wrist"), 0] += 6.0  # 0.12 diameters.
    result = scores.score(joints, truth, labeled, LSP)
    assert result["pdj"]["0.1"]["left_wrist"] == 0.0
    assert result["pdj"]["0.1"]["right_wrist"] == 1.0
    np.testing.assert_allclose(scores.pdj_at(result, 0.1), 13 / 14)
    assert scores.pdj_at(result, 0.2) == 1.0


def test_unlabeled_joints_change_nothing():
    truth, labeled = people()
    joints = truth.copy()
    wrist = LSP.index("left_wrist")
    joints[0, wrist] += 900.0
    labeled[0, wrist] = False
    result = scores.score(joints, truth, labeled, LSP)
    assert scores.pdj_at(result, 0.05) == 1.0
    assert result["pcp_strict"]["lower_arm"] == 1.0


def test_a_person_without_torso_is_left_out_and_counted():
    truth, labeled = people()
    joints = truth.copy()
    joints[0] += 900.0
    labeled[0, LSP.index("right_hip")] = False
    result = scores.score(joints, truth, labeled, LSP)
    assert result["persons_without_torso"] == 1
    assert scores.pdj_at(result, 0.05) == 1.0
    # PCP needs no torso.
    assert result["pcp_strict"]["lower_arm"] < 1.0


def test_nothing_labeled_gives_zero_not_nan():
    truth, labeled = people()
    result = scores.score(truth, truth, np.zeros_like(labeled), LSP)
    assert result["persons_without_torso"] == 3
    assert scores.pdj_at(result, 0.5) == 0.0
    assert result["pcp_strict"]["mean_of_four"] == 0.0
