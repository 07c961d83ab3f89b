import numpy as np
import pytest

from deeppose_tf import errors
from deeppose_tf.evaluation import confidence_fit
from deeppose_tf.evaluation import stage_predictions
from deeppose_tf.geometry import skeletons
from deeppose_tf.models import confidence

LSP = skeletons.LSP


def two_stages(persons=400, seed=0):
    """Joints that stage 2 has moved far are wrong more often."""
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0, 100, (persons, 14, 2))
    truth[:, LSP.index("left_shoulder")] = [20, 20]
    truth[:, LSP.index("right_hip")] = [50, 60]  # Torso diameter 50.
    move = rng.uniform(0, 30, (persons, 14, 1))
    logit = -1.5 - 1.2 * np.log(move / 50 + 0.02)
    wrong = rng.random((persons, 14, 1)) > 1 / (1 + np.exp(-logit))
    for name in ("left_shoulder", "right_hip"):
        wrong[:, LSP.index(name)] = False
    last = truth + np.where(wrong, [0.0, 40.0], [0.0, 1.0])
    box = np.tile([50.0, 50.0, 100.0, 100.0], (persons, 1))

    def stage(joints):
        return stage_predictions.StagePredictions(
            person_ids=np.arange(persons).astype("S"),
            joints=((joints - 50) / 100).astype(np.float32),
            truth=((truth - 50) / 100).astype(np.float32),
            labeled=np.ones((persons, 14), bool),
            box=box.astype(np.float32),
        )

    right = ~wrong[..., 0]
    return [stage(last + move * [1.0, 0.0]), stage(last)], right


def scores_of(fitted, by_stage):
    joints = np.stack([stage.in_pixels().joints for stage in by_stage], axis=1)
    last = by_stage[-1]
    spread = np.zeros((*last.joints.shape[:2], 0), np.float32)
    if last.spread is not None:
        spread = last.spread * last.box[:, None, 2:]
    return fitted.scores(joints, spread, last.box, LSP.torsos)


def test_scores_of_new_people_are_the_share_of_right_joints():
    fitted = confidence_fit.fit(two_stages()[0], LSP, "val")
    assert fitted.slope == pytest.approx(1.2, abs=0.1)
    by_stage, right = two_stages(seed=1)
    found = scores_of(fitted, by_stage).numpy()
    hard = [i for i, name in enumerate(LSP.joints) if "shoulder" not in name]
    hard.remove(LSP.index("right_hip"))
    found, right = found[:, hard], right[:, hard]
    for low, high in ((0.0, 0.35), (0.35, 0.65), (0.65, 1.0)):
        inside = (found >= low) & (found < high)
        assert inside.sum() > 100
        assert right[inside].mean() == pytest.approx(
            found[inside].mean(), abs=0.05
        )


def test_of_one_stage_each_joint_has_its_share():
    by_stage, right = two_stages()
    found = scores_of(
        confidence_fit.fit(by_stage[1:], LSP, "val"), by_stage[1:]
    ).numpy()
    np.testing.assert_array_equal(found, found[:1].repeat(400, axis=0))
    np.testing.assert_allclose(found[0], right.mean(axis=0), atol=0.03)


@pytest.mark.parametrize("stages", [1, 2])
def test_one_person_proves_little(stages):
    """Whose joints are all right, or all wrong."""
    by_stage, _ = two_stages(persons=1)
    by_stage = by_stage[-stages:]
    for shift, low, high in ((0.0, 0.5, 0.95), (9.0, 0.05, 0.5)):
        moved = [
            stage_predictions.StagePredictions(
                **stage.columns() | {"joints": stage.truth + np.float32(shift)}
            )
            for stage in by_stage
        ]
        found = scores_of(confidence_fit.fit(moved, LSP, "val"), moved).numpy()
        assert ((found > low) & (found < high)).all(), found


def test_nobody_labeled_gives_an_even_chance():
    by_stage, _ = two_stages(persons=3)
    nobody = [
        stage_predictions.StagePredictions(
            **stage.columns() | {"labeled": np.zeros((3, 14), bool)}
        )
        for stage in by_stage
    ]
    fitted = confidence_fit.fit(nobody, LSP, "val")
    assert fitted.persons == 0
    np.testing.assert_allclose(scores_of(fitted, by_stage), 0.5, atol=1e-3)


def test_a_joint_whose_expected_error_is_large_is_doubted():
    by_stage, right = two_stages()
    rng = np.random.default_rng(3)
    error = np.where(right, 0.02, 0.2) * rng.lognormal(0.0, 0.5, right.shape)
    spread = np.repeat(error[..., None], 2, -1).astype(np.float32)
    with_spread = stage_predictions.StagePredictions(
        **by_stage[-1].columns() | {"spread": spread}
    )
    for stages in ([with_spread], [by_stage[0], with_spread]):
        fitted = confidence_fit.fit(stages, LSP, "val")
        found = scores_of(fitted, stages).numpy()
        assert fitted.spread_slope > 1.0
        hard = [LSP.index("left_wrist"), LSP.index("neck")]
        assert found[:, hard][right[:, hard]].mean() > 0.8
        assert found[:, hard][~right[:, hard]].mean() < 0.2


def test_a_person_s_score_is_that_of_the_three_best_joints():
    fitted = confidence.Confidence(np.zeros(14), 0.0, 7, "val", 1.0)
    joints = np.zeros((2, 1, 14, 2), np.float32)  # A torso of no size.
    spread = np.full((2, 14, 2), 1e6, np.float32)
    spread[0, :3] = [24.0, 18.0]  # 30 pixels, as is 0.3 of the box.
    box = np.float32([[0, 0, 50, 100]] * 2)
    somebody, nobody = fitted.person_scores(joints, spread, box).numpy()
    assert somebody == pytest.approx(1 / (1 + 1.02))
    assert nobody < 1e-4
    scores = fitted.scores(joints, spread, box, LSP.torsos).numpy()
    assert scores.mean() < 0.1  # Of the pose: no good one.


def test_a_person_s_score_falls_with_the_move():
    fitted = confidence.Confidence(np.zeros(14), 1.0, 7)
    joints = np.zeros((1, 2, 14, 2), np.float32)
    joints[0, 1, :, 0] = 30.0
    box = np.float32([[0, 0, 100, 100]])
    found = fitted.person_scores(
        joints, np.zeros((1, 14, 0), np.float32), box
    ).numpy()
    assert found == pytest.approx(1 / (1 + 1.02))


def test_load_undoes_save(tmp_path):
    fitted = confidence.Confidence(np.linspace(-1, 1, 14), 0.25, 7, "val", 0.5)
    confidence.save(fitted, tmp_path, LSP.joints)
    found = confidence.load(tmp_path, LSP.joints)
    np.testing.assert_array_equal(found.base, fitted.base)
    assert (found.slope, found.persons) == (0.25, 7)
    assert found.spread_slope == 0.5
    with pytest.raises(errors.InputError, match="confidence.json: missing"):
        confidence.load(tmp_path / "elsewhere", LSP.joints)


def test_a_far_move_never_speaks_for_a_joint():
    by_stage, _ = two_stages()
    last = by_stage[-1]
    # Those that have moved far are right, and all others wrong.
    moved = np.linalg.norm(last.joints - by_stage[0].joints, axis=-1) > 0.15
    joints = last.truth + np.where(moved[..., None], 0.0, 0.5)
    torso = [LSP.index(name) for name in ("left_shoulder", "right_hip")]
    joints[:, torso] = last.truth[:, torso]
    wrong_way = stage_predictions.StagePredictions(
        **last.columns() | {"joints": joints.astype(np.float32)}
    )
    before = stage_predictions.StagePredictions(
        **last.columns()
        | {
            "joints": (joints + by_stage[0].joints - last.joints).astype(
                np.float32
            )
        }
    )
    assert confidence_fit.fit([before, wrong_way], LSP, "val").slope == 0.0
