import dataclasses

import numpy as np
import pytest
from matplotlib.collections import PathCollection

from deeppose_tf.data import displacements
from deeppose_tf.geometry import skeletons
from deeppose_tf.visualization import displacement_charts


def test_the_truth_lies_opposite_to_the_displacement():
    mean = np.tile([0.4, -0.2], (14, 1))  # Predictions: right of the truth.
    covariance = np.tile(0.01 * np.eye(2), (14, 1, 1))
    found = displacements.Displacements(
        np.ones(14), mean, covariance, {1.0: np.full(14, 0.75)}
    )
    figure = displacement_charts.refinement_boxes(found, 1.0, skeletons.LSP)
    (axes,) = figure.axes
    # Of the first joint, whose panel has its middle at (0, 0).
    curves = [np.transpose(line.get_data()) for line in axes.lines[:3]]
    ellipses = [points for points in curves if len(points) == 60]
    assert len(ellipses) == 2
    middle = (ellipses[1].max(0) + ellipses[1].min(0)) / 2
    np.testing.assert_allclose(middle, [-0.4, 0.2], atol=0.01)
    assert np.ptp(ellipses[1][:, 0]) / 4 == pytest.approx(0.1, abs=0.01)
    (box,) = [points for points in curves if len(points) == 5]
    assert (box.min(), box.max()) == (-0.5, 0.5)
    assert "right ankle: 75%" in [text.get_text() for text in axes.texts]


def test_each_joint_is_drawn_in_its_own_panel():
    errors = np.zeros((5, 14, 2))
    errors[:, 9, 0] = [0.1, 0.2, 0.3, 0.4, 9.0]  # The last: beyond the panel.
    counted = np.ones((5, 14), bool)
    counted[0, 9] = False
    figure = displacement_charts.displacements(errors, counted, skeletons.LSP)
    (axes,) = figure.axes
    dots = [c for c in axes.collections if isinstance(c, PathCollection)]
    names = [text for text in axes.texts if text.get_fontsize() == 8]
    assert [text.get_text() for text in names][9] == "left shoulder"
    middle = names[9].get_position()[0]
    x = dots[9].get_offsets()[:, 0]
    np.testing.assert_allclose(x - middle, [0.2, 0.3, 0.4])


def test_a_joint_s_name_with_a_dollar_is_no_formula(tmp_path):
    joints = tuple(f"$\\frac{name}$" for name in skeletons.LSP.joints)
    odd = dataclasses.replace(skeletons.LSP, joints=joints)
    figure = displacement_charts.displacements(
        np.zeros((5, 14, 2)), np.ones((5, 14), bool), odd
    )
    figure.savefig(tmp_path / "chart.png")  # Formulas are read only now.
