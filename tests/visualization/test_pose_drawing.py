import numpy as np

from deeppose_tf.geometry import skeletons
from deeppose_tf.visualization import pose_drawing


def test_a_sheet_shows_targets_where_they_lie_in_their_crops():
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
