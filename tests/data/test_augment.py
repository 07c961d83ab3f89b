import math

import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.data import augment
from deeppose_tf.geometry import skeletons

SEEDS = [tf.constant([3, i]) for i in range(20)]


def test_rotate_moves_a_marked_pixel_with_its_joint():
    image = np.zeros((40, 40, 3), np.uint8)
    image[10, 25] = 255  # Its center is (25.5, 10.5).
    for rotate in (augment.rotate, tf.function(augment.rotate)):
        turned, point = rotate(
            tf.constant(image),
            tf.constant([25.5, 10.5]),
            tf.constant([20.0, 20.0]),
            tf.constant(math.pi / 2),
            tf.constant(40.0),
        )
        # A quarter turn clockwise: (5.5, -9.5) from the center -> (9.5, 5.5).
        np.testing.assert_allclose(point, [29.5, 25.5], atol=1e-4)
        assert turned[25, 29, 0] > 250


def test_rotate_puts_the_center_in_the_middle_of_the_new_square():
    image = np.zeros((50, 70, 3), np.uint8)
    image[8:12, 58:62] = 255
    turned, point = augment.rotate(
        tf.constant(image),
        tf.constant([[60.0, 10.0]]),
        tf.constant([60.0, 10.0]),
        tf.constant(0.0),
        tf.constant(20.0),
    )
    assert turned.shape == (20, 20, 3)
    np.testing.assert_allclose(point, [[10, 10]])
    np.testing.assert_array_equal(turned[8:12, 8:12], np.full((4, 4, 3), 255))
    assert turned[10, 19, 0] == 0
    assert turned[0, 0, 0] == 0


def test_flip_swaps_joints_and_their_labels():
    crop = np.zeros((4, 4, 3), np.float32)
    crop[1, 0] = 9.0
    joints = np.zeros((14, 2), np.float32)
    labeled = np.zeros(14, bool)
    left = skeletons.LSP.index("left_wrist")
    right = skeletons.LSP.index("right_wrist")
    joints[left], labeled[left] = [-0.375, 0.1], True
    outcomes = set()
    for seed in SEEDS:
        pixels, moved, mask = augment.flip_pose(
            tf.constant(crop), joints, labeled, skeletons.LSP.mirror, seed
        )
        flipped = bool(mask[right])
        outcomes.add(flipped)
        assert int(tf.reduce_sum(tf.cast(mask, tf.int32))) == 1
        if flipped:
            np.testing.assert_allclose(moved[right], [0.375, 0.1])
            assert pixels[1, 3, 0] == 9.0
        else:
            np.testing.assert_allclose(moved[left], [-0.375, 0.1])
            assert pixels[1, 0, 0] == 9.0
    assert outcomes == {True, False}


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


@pytest.mark.parametrize("strength", [0.0, 0.3])
def test_recolor_stays_in_range(strength):
    crop = tf.random.stateless_uniform([8, 8, 3], [0, 1], 0, 255)
    found = augment.recolor(crop, SEEDS[1], strength).numpy()
    assert 0 <= found.min() and found.max() <= 255
    unchanged = np.allclose(found, crop, atol=1e-3)
    assert unchanged == (strength == 0.0)
