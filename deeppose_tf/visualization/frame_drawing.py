"""Skeletons on video frames, drawn by OpenCV in the colors of pose_drawing.

Matplotlib takes a tenth of a second for a picture; a video has thousands.
"""

import numpy as np

from deeppose_tf import extras
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.visualization import pose_drawing

_SHIFT = 4  # OpenCV takes points in 1/16 pixel.
_FAR = 1e5  # Pixels; farther joints would overflow OpenCV's integers.


def draw(
    frame: np.ndarray, joints: np.ndarray, skeleton: Skeleton
) -> np.ndarray:
    """A copy of the frame with poses on it, left orange and right blue.

    Args:
        frame: uint8 [height, width, 3], RGB.
        joints: float [people, joints, 2], pixels.
        skeleton: of the joints.
    """
    cv2 = extras.opencv("drawing on frames")
    drawn = frame.copy()
    width = max(2, round(min(frame.shape[:2]) / 180))
    for person in _points(joints):
        for kind, a, b in skeleton.limbs:
            ends = [person[skeleton.index(joint)] for joint in (a, b)]
            side = pose_drawing.side_of(b) if kind != "head" else ""
            for color, thick in (((0, 0, 0), width + 2), (_rgb(side), width)):
                cv2.line(drawn, *ends, color, thick, cv2.LINE_AA, _SHIFT)
        for point, joint in zip(person, skeleton.joints, strict=True):
            color = _rgb(pose_drawing.side_of(joint))
            radius = (width + 1) << _SHIFT
            cv2.circle(drawn, point, radius, color, -1, cv2.LINE_AA, _SHIFT)
    return drawn


def _points(joints):
    """Integers in 1/16 pixel, measured from the first pixel's center."""
    joints = np.clip(joints, -_FAR, _FAR) - 0.5
    return np.round(joints * 2**_SHIFT).astype(int).tolist()


def _rgb(side):
    color = pose_drawing.COLORS[side]
    return tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))
