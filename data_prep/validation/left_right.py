"""People whose labels of left and right look exchanged."""

import numpy as np

# Twists of the torso beyond this angle are rare; exchanged labels are not.
_TWISTED = np.cos(np.deg2rad(120))
_EYES = "left_eye", "right_eye"
_SHOULDERS = "left_shoulder", "right_shoulder"


def of_body(joints, labeled, torso, skeleton) -> bool:
    """Whether shoulders and hips point opposite ways.

    Args:
        joints: float [joints, 2], pixels.
        labeled: bool [joints].
        torso: diameter in pixels.
        skeleton: of the joints.
    """
    (shoulder, hip), (other_shoulder, other_hip) = skeleton.torsos
    if not labeled[list(skeleton.torso_corners)].all():
        return False
    # Seen from the side, either way round is possible.
    upper = joints[shoulder] - joints[other_shoulder], 0.2 * torso
    lower = joints[other_hip] - joints[hip], 0.2 * torso
    return _opposite(upper, lower)


def of_eyes(joints, labeled, torso, skeleton) -> bool:
    """Whether eyes and shoulders do; arguments of `of_body`."""
    if not {*_EYES, *_SHOULDERS} <= {*skeleton.joints}:
        return False
    indices = [skeleton.index(joint) for joint in (*_EYES, *_SHOULDERS)]
    if not labeled[indices].all():
        return False
    left_eye, right_eye, left_shoulder, right_shoulder = joints[indices]
    return _opposite(
        (left_eye - right_eye, 0.05 * torso),
        (left_shoulder - right_shoulder, 0.2 * torso),
    )


def _opposite(*vectors):
    """Whether two vectors, each longer than its least length, are."""
    (one, least), (other, other_least) = vectors
    lengths = np.linalg.norm(one), np.linalg.norm(other)
    if not (lengths[0] > least > 0 and lengths[1] > other_least > 0):
        return False
    return float(one @ other) < _TWISTED * lengths[0] * lengths[1]
