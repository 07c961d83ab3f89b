"""Finds people whose labels of left and right seem to be swapped."""

import numpy as np

# The torso rarely twists beyond this angle; swapped labels are not rare.
_TWISTED = np.cos(np.deg2rad(120))
_EYES = "left_eye", "right_eye"
_SHOULDERS = "left_shoulder", "right_shoulder"


def body_swapped(joints, labeled, torso, skeleton) -> bool:
    """Whether the line of the shoulders points against that of the hips.

    Args:
        joints: float [joints, 2], pixels.
        labeled: bool [joints].
        torso: diameter in pixels.
        skeleton: of the joints.
    """
    # Each diagonal goes from a shoulder to the hip of the other side.
    (shoulder_1, hip_2), (shoulder_2, hip_1) = skeleton.torsos
    if not labeled[list(skeleton.torso_corners)].all():
        return False
    # Short lines, of people seen from the side, may point either way.
    least = 0.2 * torso
    return _opposite(
        joints[shoulder_1] - joints[shoulder_2],
        least,
        joints[hip_1] - joints[hip_2],
        least,
    )


def eyes_swapped(joints, labeled, torso, skeleton) -> bool:
    """Whether the line of the eyes points against that of the shoulders.

    False for skeletons without eyes. For the arguments see `body_swapped`.
    """
    if not {*_EYES, *_SHOULDERS} <= {*skeleton.joints}:
        return False
    indices = [skeleton.index(joint) for joint in (*_EYES, *_SHOULDERS)]
    if not labeled[indices].all():
        return False
    left_eye, right_eye, left_shoulder, right_shoulder = joints[indices]
    return _opposite(
        left_eye - right_eye,
        0.05 * torso,
        left_shoulder - right_shoulder,
        0.2 * torso,
    )


def _opposite(a, least_a, b, least_b):
    """Whether vectors point opposite ways; False where one is too short."""
    length_a, length_b = np.linalg.norm(a), np.linalg.norm(b)
    if not (length_a > least_a > 0 and length_b > least_b > 0):
        return False
    return float(a @ b) < _TWISTED * length_a * length_b
