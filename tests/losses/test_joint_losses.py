import numpy as np
import tensorflow as tf

from deeppose_tf.losses import joint_losses

TRUTH = tf.constant([[[0.0, 0.0], [9.0, 9.0]]])
JOINTS = tf.constant([[[0.3, -0.4], [0.0, 0.0]]])


def test_l2_ignores_unlabeled_joints():
    labeled = tf.constant([[True, False]])
    np.testing.assert_allclose(
        joint_losses.L2()(JOINTS, TRUTH, labeled), [0.25]
    )


def test_l1_ignores_unlabeled_joints():
    labeled = tf.constant([[True, False]])
    np.testing.assert_allclose(joint_losses.L1()(JOINTS, TRUTH, labeled), [0.7])


def test_labeled_joints_add_up():
    labeled = tf.constant([[True, True]])
    np.testing.assert_allclose(
        joint_losses.L2()(JOINTS, TRUTH, labeled), [162.25]
    )


def test_nothing_labeled_costs_nothing_and_has_no_gradient():
    joints = tf.Variable(JOINTS)
    with tf.GradientTape() as tape:
        loss = joint_losses.L1()(joints, TRUTH, tf.constant([[False, False]]))
    np.testing.assert_array_equal(loss, [0.0])
    np.testing.assert_array_equal(
        tape.gradient(loss, joints), np.zeros((1, 2, 2))
    )
