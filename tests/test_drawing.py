import numpy as np
from PIL import Image

from deeppose_tf import drawing
from deeppose_tf import metrics
from deeppose_tf import skeletons


def test_a_pose_is_drawn_where_its_joints_are(tmp_path):
    image = np.zeros((480, 240, 3), np.uint8)
    joints = np.full((14, 2), 120.0)
    joints[skeletons.LSP.index("left_wrist")] = [40.0, 400.0]
    path = tmp_path / "pose.png"
    drawing.save_pose(path, image, joints[None], skeletons.LSP)
    with Image.open(path) as drawn:
        assert drawn.size == (240, 480)
        pixels = np.asarray(drawn.convert("RGB")).astype(int)
    red, _, blue = pixels[400, 40]
    assert red > 200 > blue  # Left is warm.
    assert pixels[100, 200].max() == 0


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
    drawing.pdj_curves(models, "Made up").savefig(path)
    with Image.open(path) as drawn:
        pixels = np.asarray(drawn.convert("RGB")).reshape(-1, 3)
    # Matplotlib's first two colors.
    for color in ([31, 119, 180], [255, 127, 14]):
        assert (np.abs(pixels - color).max(axis=1) < 30).any()
