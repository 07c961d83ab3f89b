import numpy as np

from deeppose_tf.evaluation import results
from deeppose_tf.evaluation.predictions import Predictions
from deeppose_tf.geometry import skeletons

LSP = skeletons.LSP


def people():
    rng = np.random.default_rng(0)
    truth = rng.uniform(0, 100, (3, 14, 2)).astype(np.float32)
    truth[:, LSP.index("left_shoulder")] = [0, 0]
    truth[:, LSP.index("right_hip")] = [30, 40]  # Torso diameter 50.
    return truth, np.ones((3, 14), bool)


def test_perfect_predictions_score_one():
    truth, labeled = people()
    result = results.summarize(Predictions(truth, truth, labeled), LSP)
    assert result["persons"] == 3
    assert result["persons_without_torso"] == 0
    assert result["figures"]["pdj@0.05"] == 1.0
    assert result["figures"]["pcp_strict/mean_of_4"] == 1.0
    assert result["figures"]["pcp_relaxed/upper_arm"] == 1.0


def test_a_joint_off_by_six_pixels_misses_at_0_1_and_hits_at_0_2():
    truth, labeled = people()
    joints = truth.copy()
    joints[:, LSP.index("left_wrist"), 0] += 6.0  # 0.12 diameters.
    result = results.summarize(Predictions(joints, truth, labeled), LSP)
    assert result["figures"]["pdj@0.1/left_wrist"] == 0.0
    assert result["figures"]["pdj@0.1/right_wrist"] == 1.0
    np.testing.assert_allclose(result["figures"]["pdj@0.1"], 13 / 14)
    assert result["figures"]["pdj@0.2"] == 1.0


def test_unlabeled_joints_change_nothing():
    truth, labeled = people()
    joints = truth.copy()
    wrist = LSP.index("left_wrist")
    joints[0, wrist] += 900.0
    labeled[0, wrist] = False
    result = results.summarize(Predictions(joints, truth, labeled), LSP)
    assert result["figures"]["pdj@0.05"] == 1.0
    assert result["figures"]["pcp_strict/lower_arm"] == 1.0


def test_a_person_without_torso_is_left_out_and_counted():
    truth, labeled = people()
    joints = truth.copy()
    joints[0] += 900.0
    labeled[0, LSP.index("right_hip")] = False
    result = results.summarize(Predictions(joints, truth, labeled), LSP)
    assert result["persons_without_torso"] == 1
    assert result["figures"]["pdj@0.05"] == 1.0
    # PCP needs no torso.
    assert result["figures"]["pcp_strict/lower_arm"] < 1.0


def test_nothing_labeled_gives_zero_not_nan():
    truth, labeled = people()
    result = results.summarize(
        Predictions(truth, truth, np.zeros_like(labeled)), LSP, intervals=True
    )
    assert result["persons_without_torso"] == 3
    assert set(result["figures"].values()) == {0.0}
    assert set(map(tuple, result["intervals"].values())) == {(0.0, 0.0)}
    assert result["figures"]["pdj@0.5"] == 0.0
    assert result["figures"]["pcp_strict/mean_of_4"] == 0.0


def test_means_of_4_6_and_10_parts_by_hand():
    truth, labeled = people()
    joints = truth.copy()
    # Both ends of the head far off: 0 of its kind, all others are 1.
    joints[:, LSP.index("head_top")] += 500.0
    figures = results.summarize(Predictions(joints, truth, labeled), LSP)[
        "figures"
    ]
    assert figures["pcp_strict/head"] == 0.0
    assert figures["pcp_strict/mean_of_4"] == 1.0
    np.testing.assert_allclose(figures["pcp_strict/mean_of_6"], 5 / 6)
    np.testing.assert_allclose(figures["pcp_strict/mean_of_10"], 0.9)


def test_a_skeleton_without_legs_has_no_mean_over_legs():
    truth = np.random.default_rng(0).uniform(0, 9, (2, 11, 2))
    labeled = np.ones((2, 11), bool)
    flic = skeletons.FLIC
    figures = results.summarize(Predictions(truth, truth, labeled), flic)[
        "figures"
    ]
    assert figures["pcp_strict/upper_arm"] == 1.0
    assert "pcp_strict/mean_of_4" not in figures


def test_errors_in_diameters_and_pixels():
    truth, labeled = people()
    figures = results.summarize(
        Predictions(truth + [3.0, 4.0], truth, labeled), LSP
    )["figures"]
    np.testing.assert_allclose(figures["error_pixels"], 5.0, rtol=1e-5)
    np.testing.assert_allclose(figures["error_diameters"], 0.1, rtol=1e-5)


def test_pckh_comes_with_head_sizes():
    truth, labeled = people()
    joints = truth + [6.0, 0.0]
    heads = np.array([10.0, 12.0, 0.0])  # Half: 5, 6; the last has none.
    figures = results.summarize(
        Predictions(joints, truth, labeled), LSP, heads
    )["figures"]
    assert figures["pckh@0.5"] == 0.5
    assert (
        "pckh@0.5"
        not in results.summarize(Predictions(truth, truth, labeled), LSP)[
            "figures"
        ]
    )


def test_an_interval_is_that_of_a_share_of_independent_persons():
    rng = np.random.default_rng(1)
    truth = np.zeros((400, 14, 2))
    truth[:, LSP.index("right_hip")] = [30, 40]
    labeled = np.zeros((400, 14), bool)
    labeled[:, LSP.torsos[0]] = True
    joints = truth.copy()
    # One of the two joints of 30% of the persons is wrong.
    joints[rng.random(400) < 0.3, LSP.index("right_hip")] += 99.0
    result = results.summarize(
        Predictions(joints, truth, labeled), LSP, intervals=True
    )
    low, high = result["intervals"]["pdj@0.2/right_hip"]
    share = result["figures"]["pdj@0.2/right_hip"]
    # The normal approximation of a binomial share.
    half = 1.96 * np.sqrt(share * (1 - share) / 400)
    np.testing.assert_allclose(
        [low, high], [share - half, share + half], atol=0.01
    )
    assert result["intervals"]["pdj@0.2/left_shoulder"] == [1.0, 1.0]


def test_the_fine_curve_goes_through_the_figures():
    rng = np.random.default_rng(2)
    truth, labeled = people()
    joints = truth + rng.normal(0, 12, truth.shape)
    figures = results.summarize(Predictions(joints, truth, labeled), LSP)[
        "figures"
    ]
    curve = results.pdj_curve(Predictions(joints, truth, labeled), LSP)
    assert curve["mean"][0] == 0.0
    at = results.CURVE.index(0.2)
    np.testing.assert_allclose(curve["mean"][at], figures["pdj@0.2"])
    np.testing.assert_allclose(curve["neck"][at], figures["pdj@0.2/neck"])


def test_draws_without_anybody_who_counts_say_nothing():
    truth = np.zeros((50, 14, 2))
    truth[:, LSP.index("right_hip")] = [30, 40]
    labeled = np.zeros((50, 14), bool)
    labeled[:, LSP.torsos[0]] = True
    head = LSP.index("head_top")
    labeled[0, head] = True  # Of one person only.
    joints = truth.copy()
    joints[:, head] += [25.0, 0.0]
    result = results.summarize(
        Predictions(joints, truth, labeled), LSP, intervals=True
    )
    assert result["figures"]["error_pixels/head_top"] == 25.0
    assert result["intervals"]["error_pixels/head_top"] == [25.0, 25.0]
    assert "error_pixels/neck" in result["uncounted"]
    assert "pcp_strict/mean_of_6" in result["uncounted"]
    assert "error_pixels/head_top" not in result["uncounted"]


def three():
    """One found exactly, one with left and right exchanged, one 12 px off."""
    truth = np.zeros((3, 14, 2))
    truth[:] = np.arange(14)[:, None] * [100.0, 0.0] + [0.0, 300.0]
    for joint, place in (
        ("left_shoulder", (0, -100)),
        ("right_shoulder", (60, -100)),
        ("left_hip", (10, -60)),
        ("right_hip", (30, -60)),  # Torso diameter 50, torso box 60 x 40.
    ):
        truth[:, LSP.index(joint)] = place
    joints = truth.copy()
    joints[1] = truth[1, LSP.mirror, :]
    joints[2, :, 1] += 12.0
    return Predictions(joints, truth, np.ones((3, 14), bool))


def test_three_persons_by_hand():
    figures = results.summarize(three(), LSP)["figures"]
    # Of the exchanged person only neck and head top stay; its hips are 20 px,
    # 0.4 diameters, from where they should be. 12 px are 0.24 diameters.
    np.testing.assert_allclose(figures["pdj@0.2"], (14 + 2 + 0) / 42)
    np.testing.assert_allclose(figures["pdj@0.5"], (14 + 4 + 14) / 42)
    area = 14 + (2 + 2 * (1 - 0.4 / 0.5)) + 14 * (1 - 0.24 / 0.5)
    np.testing.assert_allclose(figures["auc"], area / 42)
    # 12 px are just 0.2 of the torso box, which is a hit.
    np.testing.assert_allclose(figures["pck@0.2"], (14 + 2 + 14) / 42)
    np.testing.assert_allclose(figures["swap_rate"], 1 / 3)


def test_the_table_for_spreadsheets_has_a_row_for_each_metric():
    measured = {
        "stage 1": {
            "figures": {"pdj@0.2": 0.5, "pdj@0.2/neck": 0.25, "pckh@0.5": 0.0},
            "uncounted": ["pckh@0.5"],
            "intervals": {
                "pdj@0.2": [0.375, 0.625],
                "pdj@0.2/neck": [0.125, 0.5],
                "pckh@0.5": [0.0, 0.0],
            },
        },
        "stage 2": {"figures": {"auc": 0.75}, "uncounted": []},
    }
    assert results.table(measured, "model").splitlines() == [
        "model,metric,joint or limb,value,low,high",
        "stage 1,pdj@0.2,,0.5,0.375,0.625",
        "stage 1,pdj@0.2,neck,0.25,0.125,0.5",
        "stage 1,pckh@0.5,,,,",
        "stage 2,auc,,0.75,,",
    ]
