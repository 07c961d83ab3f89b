import numpy as np
from PIL import Image

from deeppose_tf import charts
from deeppose_tf import metrics


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
