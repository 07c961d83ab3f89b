"""Pose metrics: plain functions with masks, on NumPy arrays.

`...` is usually people. Everything labeled counts; nothing labeled gives 0 of
0, never NaN.
"""

import numpy as np

# DeepPose, sec. 4.1: the curve runs from 0 to 0.5.
THRESHOLDS = tuple(round(0.05 * i, 2) for i in range(1, 11))


def share(hits: np.ndarray, counted: np.ndarray, axis=None) -> np.ndarray:
    """Share of hits among the counted; 0 where nothing counts."""
    counted = np.broadcast_to(counted, hits.shape)
    total = counted.sum(axis=axis)
    return (hits & counted).sum(axis=axis) / np.maximum(total, 1)


def pdj_hits(
    joints: np.ndarray,
    truth: np.ndarray,
    diameters: np.ndarray,
    threshold: float,
) -> np.ndarray:
    """Percent of Detected Joints, before the percent.

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
    """Percentage of Correct Parts at 0.5, before the percentage.

    Args:
        joints: float [..., joints, 2], predictions in pixels.
        truth: float [..., joints, 2], pixels.
        limbs: pairs of joint indices.
        strict: whether both ends must lie within half the true limb's length;
            otherwise the mean of their distances must. Exactly half is a hit.

    Returns:
        bool [..., limbs].
    """
    a, b = np.transpose(limbs)
    distance = np.linalg.norm(joints - truth, axis=-1)
    length = np.linalg.norm(truth[..., a, :] - truth[..., b, :], axis=-1)
    ends = np.stack([distance[..., a], distance[..., b]])
    worst = ends.max(axis=0) if strict else ends.mean(axis=0)
    return worst <= 0.5 * length
