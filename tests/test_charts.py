import numpy as np
import pytest
from PIL import Image

from deeppose_tf import charts
from deeppose_tf import displacements
from deeppose_tf import metrics
from deeppose_tf import skeletons


def test_curves_of_every_model_are_drawn(tmp_path):
    row = {"": 0.5, "/left_wrist": 0.4, "/right_wrist": 0.6, "/neck": 0.5}
    result = {
        "figures": {
            f"pdj@{t:g}{item}": value
            for t in metrics.THRESHOLDS
            for item, value in row.items()
        }
    }
    path = tmp_path / "pdj.png"
    models = {"mean pose": result, "stage 1": result}
    charts.pdj_curves(models, "Made up").savefig(path)
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
