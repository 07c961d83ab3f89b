import numpy as np
import tensorflow as tf

from deeppose_tf.examples import augment
from deeppose_tf.geometry import skeletons

SEEDS = [tf.constant([3, i]) for i in range(20)]


def test_flip_swaps_joints_and_their_labels():
    joints = np.zeros((14, 2), np.float32)
    labeled = np.zeros(14, bool)
    left = skeletons.LSP.index("left_wrist")
    right = skeletons.LSP.index("right_wrist")
    joints[left], labeled[left] = [-0.375, 0.1], True
    for flipped, index in ((True, right), (False, left)):
        moved, mask = augment.flip_pose(
            joints, labeled, skeletons.LSP.mirror, flipped
        )
        np.testing.assert_array_equal(np.flatnonzero(mask), [index])
        np.testing.assert_allclose(moved[index], [-0.375, 0.1])


def test_half_of_the_crops_are_mirrored_where_that_is_wanted():
    wanted = augment.Augmentation(flip=True)
    share = np.mean(augment.mirrored(SEEDS[0], 1000, wanted))
    assert 0.45 < share < 0.55
    assert not np.any(augment.mirrored(SEEDS[0], 1000, augment.NONE))


def test_jitter_has_the_wanted_spread_and_repeats():
    augmentation = augment.Augmentation(shift=0.1, scale=0.2)
    box = tf.tile([[50.0, 60.0, 20.0, 40.0]], [4000, 1])
    first = augment.jitter(box, SEEDS[0], augmentation)
    np.testing.assert_array_equal(
        first, augment.jitter(box, SEEDS[0], augmentation)
    )
    spread = np.std((first - box).numpy(), axis=0)
    np.testing.assert_allclose(spread[:2], [2.0, 4.0], rtol=0.05)
    log_scale = np.log((first / box).numpy()[:, 2])
    np.testing.assert_allclose(np.std(log_scale), 0.2, rtol=0.05)


def test_no_augmentation_changes_nothing():
    box = tf.constant([50.0, 60.0, 20.0, 40.0])
    augmentation = augment.NONE
    np.testing.assert_array_equal(
        augment.jitter(box, SEEDS[0], augmentation), box
    )
    assert augment.angle(SEEDS[0], augmentation) == 0.0


def test_angle_turns_fully_in_the_wanted_share():
    augmentation = augment.Augmentation(rotation=5.0, any_rotation=0.5)
    angles = [
        float(augment.angle(tf.constant([0, i]), augmentation))
        for i in range(200)
    ]
    # 5 degrees are 0.087; beyond 0.5 only a full turn reaches, in 84% of them.
    assert 60 <= sum(abs(a) > 0.5 for a in angles) <= 108


def test_recolor_turns_around_grey_and_without_strength_not_at_all():
    gain, offset = augment.recolor(SEEDS[1], 0.0)
    np.testing.assert_allclose(gain, 1.0)
    np.testing.assert_allclose(offset, 0.0, atol=1e-4)
    drawn = [augment.recolor(seed, 0.3) for seed in SEEDS]
    greys = np.array([127.5 * gain + offset for gain, offset in drawn])
    # One offset for all three colors.
    np.testing.assert_allclose(greys, greys[:, :1] + np.zeros(3), atol=1e-3)
    spread = np.std([gain for gain, _ in drawn])
    assert 0.15 < spread < 0.6
