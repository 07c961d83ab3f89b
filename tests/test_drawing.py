import numpy as np
from PIL import Image

from deeppose_tf import drawing
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
