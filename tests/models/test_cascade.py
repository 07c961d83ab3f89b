import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.geometry import skeletons
from deeppose_tf.models import cascade
from deeppose_tf.models import run_paths
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.models import trained_stages

LSP = skeletons.LSP
BOX = tf.constant([[50.0, 60.0, 80.0, 100.0], [40.0, 40.0, 60.0, 60.0]])
IMAGES = tf.zeros([2, 120, 100, 3], tf.uint8)


def spec(stage, refiner=None, sigma=None, spread=False):
    return stage_specs.StageSpec(
        stage=stage,
        skeleton=LSP,
        network="compact",
        head="integral",
        image_size=32,
        sigma=sigma,
        refiner=refiner,
        spread=spread,
    )


def says(outputs, value):
    """A stub network: the same answer to every crop."""

    def network(crops, training):
        assert crops.shape[1:] == (32, 32, 3)
        assert not training
        return tf.tile(
            tf.constant([[value]], tf.float32), [len(crops), outputs, 1]
        )

    return {"all": network}


def start():
    joints = np.full((2, 14, 2), 50.0, np.float32)
    joints[:, LSP.index("left_shoulder")] = [40.0, 40.0]
    joints[:, LSP.index("right_hip")] = [52.0, 56.0]  # Torso diameter 20.
    return tf.constant(joints)


def test_stage_1_denormalizes_by_the_box():
    stage = trained_stages.Stage(spec(1), says(14, [0.25, -0.5]))
    found = stage(IMAGES, BOX)
    np.testing.assert_allclose(found[0, 3], [70.0, 10.0])
    np.testing.assert_allclose(found[1, 3], [55.0, 10.0])


def test_a_known_displacement_moves_joints_exactly_by_it():
    # sigma * diam is 1.5 * 20 = 30 px: (0.1, -0.2) is (3, -6) px.
    stage = trained_stages.Stage(spec(2, "shared", 1.5), says(14, [0.1, -0.2]))
    moved = stage(IMAGES, BOX, start()) - start()
    np.testing.assert_allclose(moved, np.tile([3.0, -6.0], (2, 14, 1)), 1e-5)


def test_spread_comes_in_pixels():
    """In stage 1 out of units of b0, later out of those of 30 pixels."""
    says_spread = says(14, [0.1, -0.2, 0.05, 0.3])
    one = trained_stages.Stage(spec(1, spread=True), says_spread)
    two = trained_stages.Stage(spec(2, "shared", 1.5, spread=True), says_spread)
    wanted = BOX[:, None, 2:] * [0.05, 0.3] + tf.zeros([2, 14, 2])
    np.testing.assert_allclose(one.predict(IMAGES, BOX).spread, wanted, 1e-5)
    found = two.predict(IMAGES, BOX, start())
    np.testing.assert_allclose(
        found.spread, np.tile([1.5, 9.0], (2, 14, 1)), 1e-5
    )
    np.testing.assert_allclose(
        found.joints - start(), np.tile([3.0, -6.0], (2, 14, 1)), 1e-5
    )
    still = trained_stages.Stage(spec(1), says(14, [0.0, 0.0])).predict(
        IMAGES, BOX
    )
    assert still.spread.shape == (2, 14, 0)


def test_a_zero_stage_keeps_joints():
    stage = trained_stages.Stage(spec(2, "shared", 1.5), says(14, [0.0, 0.0]))
    np.testing.assert_array_equal(stage(IMAGES, BOX, start()), start())


def test_a_joint_may_go_a_share_of_the_way():
    half = dataclasses.replace(spec(2, "shared", 1.5), step_size=0.5)
    found = trained_stages.Stage(half, says(14, [0.2, -0.4])).predict(
        IMAGES, BOX, start()
    )
    # The torso is 20 pixels long, so a box is 30.
    np.testing.assert_allclose(
        found.joints - start(), np.tile([3.0, -6.0], (2, 14, 1)), 1e-5
    )


def test_shared_refiner_uses_each_joints_own_pair():
    def network(crops, training):
        pairs = tf.range(28, dtype=tf.float32)
        return tf.tile(tf.reshape(pairs, [1, 14, 2]), [len(crops), 1, 1]) / 100

    stage = trained_stages.Stage(spec(2, "shared", 1.0), {"all": network})
    moved = (stage(IMAGES, BOX, start()) - start()) / 20.0 * 100.0
    want = np.arange(28).reshape(14, 2)
    np.testing.assert_allclose(moved[1], want, atol=1e-3)


def test_shared_refiner_sees_the_crop_around_each_joint():
    # A network that answers its crop's brightness tells which crop it saw.
    images = np.zeros((1, 100, 100, 3), np.uint8)
    images[:, :, 50:] = 200

    def network(crops, training):
        brightness = tf.reduce_mean(crops, [1, 2, 3])[:, None, None] / 1000
        return tf.tile(brightness, [1, 14, 2])

    joints = start().numpy()[:1]
    joints[0, 0], joints[0, 1] = [20.0, 50.0], [80.0, 50.0]
    stage = trained_stages.Stage(spec(2, "shared", 1.0), {"all": network})
    moved = stage(tf.constant(images), BOX[:1], tf.constant(joints)) - joints
    np.testing.assert_allclose(moved[0, 0], [0.0, 0.0], atol=1e-4)
    np.testing.assert_allclose(moved[0, 1], [4.0, 4.0], atol=1e-4)


def test_per_joint_refiner_moves_only_its_joints():
    wrist = LSP.index("left_wrist")
    stub = says(1, [0.5, 0.0])["all"]
    stage = trained_stages.Stage(
        spec(2, "per_joint", 1.0), {"left_wrist": stub}
    )
    moved = (stage(IMAGES, BOX, start()) - start()).numpy()
    np.testing.assert_allclose(moved[:, wrist], [[10.0, 0.0]] * 2)
    assert not np.delete(moved, wrist, axis=1).any()


def test_cascade_stacks_what_each_stage_says():
    whole = cascade.Cascade(
        [
            trained_stages.Stage(spec(1), says(14, [0.0, 0.0])),
            trained_stages.Stage(spec(2, "shared", 1.0), says(14, [0.5, 0.0])),
        ]
    )
    found = whole(IMAGES, BOX)
    assert found.shape == (2, 2, 14, 2)
    np.testing.assert_allclose(found[:, 0, 5], BOX[:, :2])
    # All joints at one point: the box is a tenth of b0's longer side.
    np.testing.assert_allclose(found[:, 1, 5], BOX[:, :2] + [[5, 0], [3, 0]])


@pytest.mark.parametrize("refiner", stage_specs.REFINERS)
def test_run_folders_hold_the_whole_cascade(tmp_path, refiner):
    first = spec(1)
    second = dataclasses.replace(spec(2, refiner, 1.0), previous="../stage1")
    for each in (first, second):
        run_dir = tmp_path / f"stage{each.stage}"
        run_dir.mkdir()
        stage_specs.save_spec(each, run_dir)
        part = list(each.parts)[-1]
        path = run_paths.RunFolder(run_dir).part(part).best_weights
        path.parent.mkdir(parents=True, exist_ok=True)
        stages.build(each, part).save_weights(path)
    found = cascade.load(tmp_path / "stage2")
    assert [stage.spec for stage in found.stages] == [first, second]
    assert found(IMAGES, BOX).shape == (2, 2, 14, 2)
