"""Pose metrics: plain functions with masks, on NumPy arrays.

`...` is usually people. accumulators.py decides which joints and people count.
"""

import numpy as np

# DeepPose, sec. 4.1: the curve runs from 0 to 0.5.
THRESHOLDS = tuple(round(0.05 * i, 2) for i in range(1, 11))


def pdj_hits(
    joints: np.ndarray,
    truth: np.ndarray,
    diameters: np.ndarray,
    threshold: float,
) -> np.ndarray:
    """Percent of Detected Joints (PDJ): which joints are detected.

    Args:
        joints: float [..., joints, 2], predictions in pixels.
        truth: float [..., joints, 2], pixels.
        diameters: float [...], left shoulder to right hip of the truth.
        threshold: in diameters.

    Returns:
        bool [..., joints]: closer to the truth than threshold * diameter
        (DeepPose, sec. 4.1); exactly that far is a miss.
    """
    distance = np.linalg.norm(joints - truth, axis=-1)
    return distance < threshold * diameters[..., None]


def pcp_hits(
    joints: np.ndarray,
    truth: np.ndarray,
    limbs: tuple[tuple[int, int], ...],
    strict: bool,
) -> np.ndarray:
    """Percentage of Correct Parts (PCP) at 0.5: which parts are correct.

    Args:
        joints: float [..., joints, 2], predictions in pixels.
        truth: float [..., joints, 2], pixels.
        limbs: pairs of joint indices.
        strict: whether both ends must lie within half the true limb's length;
            if not, the mean of their distances must. Exactly half is a hit.

    Returns:
        bool [..., limbs].
    """
    a, b = np.transpose(limbs)
    distance = np.linalg.norm(joints - truth, axis=-1)
    length = np.linalg.norm(truth[..., a, :] - truth[..., b, :], axis=-1)
    ends = np.stack([distance[..., a], distance[..., b]])
    worst = ends.max(axis=0) if strict else ends.mean(axis=0)
    return worst <= 0.5 * length


def pck_hits(
    joints: np.ndarray,
    truth: np.ndarray,
    sizes: np.ndarray,
    threshold: float,
) -> np.ndarray:
    """Percentage of Correct Keypoints (PCK): which joints are correct.

    Yang & Ramanan, CVPR 2011. With head sizes at 0.5 this is PCKh (Andriluka
    et al., CVPR 2014).

    Args:
        joints: float [..., joints, 2], predictions in pixels.
        truth: float [..., joints, 2], pixels.
        sizes: float [...], of the torso box (`torso_box`) or the head, pixels.
        threshold: in sizes.

    Returns:
        bool [..., joints]: within threshold * size; exactly that far is a hit.
    """
    distance = np.linalg.norm(joints - truth, axis=-1)
    return distance <= threshold * sizes[..., None]


def torso_box(
    truth: np.ndarray, labeled: np.ndarray, corners: tuple[int, ...]
) -> np.ndarray:
    """The longer side of the box around shoulders and hips.

    Args:
        truth: float [..., joints, 2], pixels.
        labeled: bool [..., joints].
        corners: indices of both shoulders and both hips.

    Returns:
        float [...], pixels; 0 where one of them is unlabeled.
    """
    four = truth[..., corners, :]
    side = (four.max(axis=-2) - four.min(axis=-2)).max(axis=-1)
    return np.where(labeled[..., corners].all(axis=-1), side, 0.0)


def area_under_pdj(
    joints: np.ndarray, truth: np.ndarray, diameters: np.ndarray
) -> np.ndarray:
    """Contribution of each joint to the area under the PDJ curve, 0 to 0.5.

    A joint at d diameters is detected from threshold d on, so its step curve
    covers 1 - d / 0.5 of the range. The mean over joints is the exact area,
    without a grid of thresholds.

    Args:
        joints: float [..., joints, 2], predictions in pixels.
        truth: float [..., joints, 2], pixels.
        diameters: float [...], of the truth; above 0.

    Returns:
        float [..., joints] in [0, 1].
    """
    distance = np.linalg.norm(joints - truth, axis=-1) / diameters[..., None]
    return np.clip(1.0 - distance / THRESHOLDS[-1], 0.0, 1.0)


def is_swapped(
    joints: np.ndarray,
    truth: np.ndarray,
    labeled: np.ndarray,
    diameters: np.ndarray,
    mirror: tuple[int, ...],
    threshold: float = 0.2,
) -> np.ndarray:
    """Whether left and right look swapped: the failure of DeepPose, sec. 4.4.

    Args:
        joints: float [..., joints, 2], predictions in pixels.
        truth: float [..., joints, 2], pixels.
        labeled: bool [..., joints].
        diameters: float [...], of the truth.
        mirror: `Skeleton.mirror`.
        threshold: of PDJ, in diameters.

    Returns:
        bool [...]: PDJ rises when left and right of the prediction change
        places.
    """
    as_predicted, swapped = (
        (pdj_hits(pose, truth, diameters, threshold) & labeled).sum(axis=-1)
        for pose in (joints, joints[..., mirror, :])
    )
    return swapped > as_predicted
