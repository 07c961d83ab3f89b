import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.losses import rle


@pytest.fixture
def flow():
    """One that has learned something: no identity."""
    flow = rle.RealNVP()
    flow(tf.zeros([1, 2]))
    rng = np.random.default_rng(0)
    for variable in flow.trainable_variables:
        variable.assign(0.3 * rng.normal(size=variable.shape))
    return flow


def points(count=40):
    drawn = np.random.default_rng(1).normal(size=(count, 2))
    return tf.constant(drawn, tf.float32)


def test_a_fresh_flow_is_the_identity():
    mapped, log_det = rle.RealNVP()(points())
    np.testing.assert_allclose(mapped, points(), atol=1e-6)
    np.testing.assert_allclose(log_det, np.zeros(40), atol=1e-6)


def test_inverse_undoes_the_flow(flow):
    mapped, _ = flow(points())
    assert np.abs(mapped - points()).max() > 0.5
    np.testing.assert_allclose(flow.inverse(mapped), points(), atol=1e-4)


def test_the_determinant_is_that_of_the_jacobian(flow):
    where = points(8)
    with tf.GradientTape() as tape:
        tape.watch(where)
        mapped, log_det = flow(where)
    jacobian = tape.batch_jacobian(mapped, where)
    want = np.log(np.abs(np.linalg.det(jacobian)))
    assert np.ptp(want) > 0.1
    np.testing.assert_allclose(log_det, want, atol=1e-4)


@pytest.mark.slow(10)
def test_the_density_adds_up_to_one(flow):
    ends = flow.inverse(points(2000)).numpy()
    side = np.linspace(2 * ends.min(), 2 * ends.max(), 300)
    grid = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    density = np.exp(flow.log_density(tf.constant(grid, tf.float32)))
    total = density.sum() * (side[1] - side[0]) ** 2
    assert total == pytest.approx(1.0, abs=0.02)
