import numpy as np
import tensorflow as tf

from deeppose_tf.data import displacements
from deeppose_tf.examples import crop_centers
from deeppose_tf.geometry import skeletons
from tests.tiny import made_person

LSP = skeletons.LSP


def test_gaussian_starts_displace_in_diameters():
    mean = np.tile([0.2, -0.1], (14, 1))
    statistics = displacements.Displacements(
        np.ones(14), mean, np.zeros((14, 2, 2)), {}
    )
    source = made_person()
    start, diameter = crop_centers.simulated(statistics, LSP).locate(
        source, tf.constant([0, 0])
    )
    assert diameter == 50.0
    np.testing.assert_allclose(
        start - source["joints"], np.tile([10.0, -5.0], (14, 1)), atol=0.05
    )


def test_predicted_starts_are_read_by_person_id():
    joints = np.zeros((2, 14, 2), np.float32)
    joints[1, :, 0] = 0.25
    joints[1, LSP.index("right_hip")] = [0.25, 0.3]
    found = crop_centers.predicted(["q", "p"], joints, LSP)
    start, diameter = found.locate(made_person(), tf.constant([0, 0]))
    np.testing.assert_allclose(start[0], [150.0, 100.0])
    np.testing.assert_allclose(diameter, 60.0)
