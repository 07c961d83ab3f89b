import numpy as np
import pytest
from PIL import Image

from deeppose_tf import charts
from deeppose_tf import displacements
from deeppose_tf import scores
from deeppose_tf import skeletons


def test_curves_of_every_model_are_drawn(tmp_path):
    rising = np.array(scores.CURVE)
    one = {"mean": rising, "left_wrist": rising, "right_wrist": 0 * rising}
    other = {name: curve / 2 for name, curve in one.items()}
    path = tmp_path / "pdj.png"
    figure = charts.pdj_curves({"mean pose": one, "stage 1": other}, "Made up")
    panels = {axes.get_title(): axes for axes in figure.axes}
    # At 0.5 diameters: the mean of both wrists, in percent.
    ends = [line.get_ydata()[-1] for line in panels["wrist"].lines]
    np.testing.assert_allclose(ends, [25.0, 12.5])
    figure.savefig(path)
    with Image.open(path) as drawn:
        pixels = np.asarray(drawn.convert("RGB")).reshape(-1, 3)
    # Matplotlib's first two colors.
    for color in ([31, 119, 180], [255, 127, 14]):
        assert (np.abs(pixels - color).max(axis=1) < 30).any()


def test_the_truth_lies_opposite_to_the_displacement():
    mean = np.tile([0.4, -0.2], (14, 1))  # Predictions: right of the truth.
    covariance = np.tile(0.01 * np.eye(2), (14, 1, 1))
    found = displacements.Displacements(
        np.ones(14), mean, covariance, {1.0: np.full(14, 0.75)}
    )
    figure = charts.refinement_boxes(found, 1.0, skeletons.LSP)
    lines = figure.axes[0].get_lines()
    curves = [np.transpose(line.get_data()) for line in lines]
    ellipses = [points for points in curves if len(points) == 60]
    assert len(ellipses) == 2
    middle = (ellipses[1].max(0) + ellipses[1].min(0)) / 2
    np.testing.assert_allclose(middle, [-0.4, 0.2], atol=0.01)
    assert np.ptp(ellipses[1][:, 0]) / 4 == pytest.approx(0.1, abs=0.01)
    (box,) = [points for points in curves if len(points) == 5]
    assert (box.min(), box.max()) == (-0.5, 0.5)
    assert figure.axes[0].get_title() == "right ankle: 75%"
