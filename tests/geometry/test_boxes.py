import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import crops
from deeppose_tf.geometry import torso

TORSOS = ((0, 1), (2, 3))


def test_normalize_puts_box_corners_at_half():
    box = tf.constant([100.0, 50.0, 40.0, 20.0])
    corners = tf.constant([[80.0, 40.0], [120.0, 60.0]])
    np.testing.assert_allclose(
        boxes.normalize(corners, box), [[-0.5, -0.5], [0.5, 0.5]]
    )


@pytest.mark.parametrize("leading", [(), (3,), (3, 2)])
def test_denormalize_undoes_normalize(leading):
    rng = np.random.default_rng(0)
    joints = rng.uniform(-50, 200, (*leading, 14, 2)).astype(np.float32)
    box = rng.uniform(10, 90, (*leading, 4)).astype(np.float32)
    there = boxes.normalize(tf.constant(joints), tf.constant(box))
    back = boxes.denormalize(there, tf.constant(box))
    np.testing.assert_allclose(back, joints, atol=1e-4)


def test_enclosing_box_ignores_unlabeled_joints():
    joints = np.array([[10.0, 20.0], [30.0, 60.0], [-900.0, 900.0]])
    labeled = np.array([True, True, False])
    np.testing.assert_allclose(
        boxes.enclosing(joints, labeled), [20, 40, 20, 40]
    )


def test_infinite_joints_have_no_box_and_no_warning(recwarn):
    joints = np.array([[-np.inf, 1.0], [np.inf, 2.0], [1e308, -1e308]])
    box = boxes.enclosing(joints, np.ones(3, bool))
    assert not np.isfinite(box).all()
    assert not recwarn.list


def test_scaled_square_box_grows_from_its_longer_side():
    box = np.array([20.0, 40.0, 20.0, 40.0], np.float32)
    np.testing.assert_allclose(
        boxes.scaled(box, 1.25, square=True), [20, 40, 50, 50]
    )
    np.testing.assert_allclose(
        boxes.scaled(box, 1.25, square=False), [20, 40, 25, 50]
    )


def test_around_makes_square_boxes():
    centers = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_allclose(
        crops.boxes_around(centers, tf.constant([10.0, 20.0])),
        [[1, 2, 10, 10], [3, 4, 20, 20]],
    )


def test_diameter_falls_back_to_the_other_diagonal_then_to_zero():
    joints = np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0], [6.0, 8.0]])
    labeled = np.array(
        [
            [True, True, True, True],
            [True, False, True, True],
            [True, False, False, True],
        ]
    )
    found = torso.diameter(np.stack([joints] * 3), labeled, TORSOS)
    np.testing.assert_allclose(found, [5.0, 10.0, 0.0])


def test_predicted_diameter_never_shrinks_below_a_tenth_of_the_box():
    joints = tf.constant([[[0.0, 0.0], [3.0, 4.0]], [[1.0, 1.0], [1.0, 1.0]]])
    box = tf.constant([[0.0, 0.0, 40.0, 20.0], [0.0, 0.0, 40.0, 20.0]])
    found = torso.predicted_diameter(joints, box, ((0, 1),))
    np.testing.assert_allclose(found, [5.0, 4.0])
