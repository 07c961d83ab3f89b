import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf.data import displacements


def known(mean, covariance):
    shares = {sigma: np.ones(1) for sigma in displacements.SIGMAS}
    return displacements.Displacements(
        np.array([5]), np.array([mean]), np.array([covariance]), shares
    )


def test_measure_by_hand():
    # Torso 10 px: errors of (2, 0) and (4, 0) are 0.2 and 0.4 diameters.
    truth = np.zeros((3, 1, 2))
    predicted = np.array([[[2.0, 0.0]], [[4.0, 0.0]], [[99.0, 99.0]]])
    labeled = np.array([[True], [True], [False]])
    ten = np.full(3, 10.0)
    found = displacements.measure(predicted, truth, labeled, ten, ten)
    assert found.count.tolist() == [2]
    np.testing.assert_allclose(found.mean, [[0.3, 0.0]])
    np.testing.assert_allclose(found.covariance, [[[0.01, 0.0], [0.0, 0.0]]])
    # Half a box of sigma 0.5 is 2.5 px, of sigma 0.8 is 4 px.
    assert found.containment[0.5] == [0.5]
    assert found.containment[0.8] == [1.0]


def test_measure_leaves_out_people_without_a_torso():
    truth = np.zeros((2, 1, 2))
    predicted = np.array([[[1.0, 2.0]], [[50.0, 50.0]]])
    labeled = np.ones((2, 1), bool)
    diameters = np.array([10.0, 0.0])
    found = displacements.measure(
        predicted, truth, labeled, diameters, np.full(2, 10.0)
    )
    np.testing.assert_allclose(found.mean, [[0.1, 0.2]])


def test_nothing_to_measure_gives_zeros():
    zero = np.zeros((2, 3, 2))
    found = displacements.measure(
        zero, zero, np.zeros((2, 3), bool), np.ones(2), np.ones(2)
    )
    assert found.count.tolist() == [0, 0, 0]
    np.testing.assert_array_equal(found.mean, np.zeros((3, 2)))


def test_sample_has_the_known_mean_and_covariance():
    covariance = np.array([[0.04, 0.012], [0.012, 0.01]])
    statistics = known([0.1, -0.2], covariance)
    draw = tf.function(lambda i: displacements.sample(statistics, [7, i]))
    drawn = np.stack([draw(tf.constant(i))[0] for i in range(4000)])
    np.testing.assert_allclose(drawn.mean(0), [0.1, -0.2], atol=0.01)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.002)
    np.testing.assert_array_equal(draw(tf.constant(3))[0], drawn[3])


def test_sample_takes_what_two_people_gave(tmp_path):
    # Two displacements make a covariance of rank one.
    for i in range(50):
        error = np.random.default_rng(i).normal(0, 0.3, (2, 1, 2))
        ones = np.ones(2)
        found = displacements.measure(
            error, np.zeros_like(error), np.ones((2, 1), bool), ones, ones
        )
        path = tmp_path / "displacements.json"
        displacements.save(found, path, ("nose",))
        again = displacements.load(path, ("nose",))
        assert np.isfinite(displacements.sample(again, [0, i])).all()


def test_sample_takes_a_covariance_of_zero():
    statistics = known([0.5, 0.5], np.zeros((2, 2)))
    np.testing.assert_allclose(
        displacements.sample(statistics, [0, 0]), [[0.5, 0.5]], atol=1e-3
    )


def test_load_undoes_save(tmp_path):
    statistics = known([0.1, -0.2], np.eye(2))
    path = tmp_path / "displacements.json"
    displacements.save(statistics, path, ("nose",))
    found = displacements.load(path, ("nose",))
    np.testing.assert_array_equal(found.mean, statistics.mean)
    np.testing.assert_array_equal(found.covariance, statistics.covariance)
    assert found.containment == statistics.containment


def test_load_refuses_other_joints_and_a_missing_file(tmp_path):
    path = tmp_path / "displacements.json"
    with pytest.raises(errors.InputError, match="missing"):
        displacements.load(path, ("nose",))
    displacements.save(known([0, 0], np.eye(2)), path, ("nose",))
    with pytest.raises(errors.InputError, match="same skeleton"):
        displacements.load(path, ("tail",))


def test_contained_is_within_half_a_side_on_both_axes():
    predicted = np.zeros((1, 3, 2))
    truth = np.array([[[5.0, -5.0], [5.1, 0.0], [0.0, -4.0]]])
    found = displacements.contained(predicted, truth, np.array([[10.0]]))
    assert found.tolist() == [[True, False, True]]
