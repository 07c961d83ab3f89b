import numpy as np
from PIL import Image

from deeppose_tf.geometry import skeletons
from deeppose_tf.visualization import pose_drawing


def test_a_pose_is_drawn_where_its_joints_are(tmp_path):
    image = np.zeros((480, 240, 3), np.uint8)
    joints = np.full((14, 2), 120.0)
    joints[skeletons.LSP.index("left_wrist")] = [40.0, 400.0]
    path = tmp_path / "pose.png"
    pose_drawing.save_pose(path, image, joints[None], skeletons.LSP)
    with Image.open(path) as drawn:
        assert drawn.size == (240, 480)
        pixels = np.asarray(drawn.convert("RGB")).astype(int)
    red, _, blue = pixels[400, 40]
    assert red > 200 > blue  # Left is warm.
    assert pixels[100, 200].max() == 0


def test_a_sheet_shows_targets_where_they_lie_in_their_crops(tmp_path):
    crops = np.zeros((3, 50, 50, 3), np.float32)
    joints = np.zeros((3, 14, 2))
    joints[:] = [0.2, -0.3]  # At (0.7, 0.2) of the crop.
    labeled = np.zeros((3, 14), bool)
    labeled[1, skeletons.LSP.index("left_wrist")] = True
    figure = pose_drawing.crop_sheet(
        crops, joints, labeled, tuple(range(14)), skeletons.LSP
    )
    shown = [axes.collections[-1].get_offsets() for axes in figure.axes[:3]]
    wrist = skeletons.LSP.index("left_wrist")
    np.testing.assert_allclose(shown[1][wrist], [35.0, 10.0])
    assert shown[0].mask.all()
