import keras
import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.losses import rle


def found(joints, spread):
    both = np.concatenate([joints, spread], axis=-1)
    return tf.Variable(both, dtype=tf.float32)


def test_a_fresh_flow_gives_laplace_and_normal():
    rng = np.random.default_rng(0)
    joints, truth = rng.normal(size=(2, 3, 5, 2))
    spread = rng.uniform(0.1, 0.9, (3, 5, 2))
    labeled = rng.random((3, 5)) < 0.6
    r = (truth - joints) / spread
    laplace = -np.log(0.5 / spread * np.exp(-np.abs(r))).sum(-1)
    normal = np.exp(-0.5 * r**2) / np.sqrt(2 * np.pi) / spread
    want = ((laplace - np.log(normal).sum(-1)) * labeled).sum(-1)
    loss = rle.ResidualLogLikelihood()(
        found(joints, spread),
        tf.constant(truth, tf.float32),
        tf.constant(labeled),
    )
    np.testing.assert_allclose(loss, want, rtol=1e-4)


def test_what_is_not_labeled_has_no_gradient():
    joints = found(np.zeros((1, 2, 2)), np.full((1, 2, 2), 0.5))
    truth = tf.constant([[[0.3, 0.1], [np.inf, 1e30]]])
    with tf.GradientTape() as tape:
        loss = rle.ResidualLogLikelihood()(
            joints, truth, tf.constant([[True, False]])
        )
    gradient = tape.gradient(loss, joints).numpy()
    assert np.isfinite(loss).all()
    assert np.abs(gradient[0, 0]).min() > 0.0
    np.testing.assert_array_equal(gradient[0, 1], np.zeros(4))


@pytest.mark.slow(17)
def test_the_spread_learned_is_that_of_the_labels():
    """Two joints at places of their own, one labeled ten times as well."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    place, noise = np.array([[0.2, -0.1], [-0.3, 0.25]]), [[0.02], [0.2]]
    loss, optimizer = rle.ResidualLogLikelihood(), keras.optimizers.Adam(0.02)
    joints = tf.Variable(tf.zeros([2, 2]))
    log_spread = tf.Variable(tf.zeros([2, 2]))
    variables = [joints, log_spread, *loss.trainable_variables]

    @tf.function
    def step(truth):
        with tf.GradientTape() as tape:
            each = tf.concat([joints, tf.exp(log_spread)], -1)
            each = tf.tile(each[None], [64, 1, 1])
            mean = tf.reduce_mean(loss(each, truth, tf.ones([64, 2], tf.bool)))
        optimizer.apply(tape.gradient(mean, variables), variables)

    for _ in range(400):
        truth = place + noise * rng.laplace(size=(64, 2, 2))
        step(tf.constant(truth, tf.float32))
    np.testing.assert_allclose(joints, place, atol=0.05)
    # Both densities count, the normal one too: near the labels' mean error.
    np.testing.assert_allclose(tf.exp(log_spread), np.tile(noise, 2), rtol=0.5)
    ratio = tf.exp(log_spread[1] - log_spread[0])
    assert ratio.numpy() == pytest.approx([10.0, 10.0], rel=0.3)
