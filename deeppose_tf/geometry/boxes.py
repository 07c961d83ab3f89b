"""Boxes, and joints measured in them.

A box is `[cx, cy, w, h]` in pixels of its image. In box units a joint is
measured from the box's center in widths and heights, so the box spans
[-0.5, 0.5] on both axes (DeepPose, sec. 3).

Pixel coordinates are continuous: the image spans [0, width] x [0, height], and
the first pixel's center is (0.5, 0.5).

`normalize` and `denormalize` are plain algebra and take tensors as well as
NumPy arrays. Builders import this module, and do without TensorFlow; what needs
it is in box_tensors.py.
"""

import numpy as np

# Pixels; float32 overflows with coordinates far beyond.
LARGEST = 1e9
# People's joints may lie outside their picture, in longer sides of it.
FAR = 2.0
# And outside their box, in sides from its center: heads and torsos have boxes
# too, and arms reach far beyond these.
FAR_SIDES = 20.0


def normalize(joints, box):
    """Maps joints from image pixels to box units, the paper's N(y; b).

    Args:
        joints: float32 [..., joints, 2], (x, y) in pixels.
        box: float32 [..., 4].

    Returns:
        float32 [..., joints, 2], (x, y) in box units.
    """
    center, size = box[..., None, :2], box[..., None, 2:]
    return (joints - center) / size


def denormalize(joints, box):
    """Inverse of `normalize`."""
    center, size = box[..., None, :2], box[..., None, 2:]
    return joints * size + center


def enclosing(joints: np.ndarray, labeled: np.ndarray) -> np.ndarray:
    """The tightest box that holds the labeled joints.

    Args:
        joints: float [..., joints, 2], pixels.
        labeled: bool [..., joints].

    Returns:
        float32 [..., 4]; NaN where nothing is labeled.
    """
    low = np.where(labeled[..., None], joints, np.inf).min(axis=-2)
    high = np.where(labeled[..., None], joints, -np.inf).max(axis=-2)
    low = np.where(labeled.any(axis=-1)[..., None], low, np.nan)
    # Of joints that are infinite, or near it; nobody uses such a box.
    with np.errstate(invalid="ignore", over="ignore"):
        box = np.concatenate([(low + high) / 2, high - low], axis=-1)
        return box.astype(np.float32)


def far_outside(
    joints: np.ndarray, labeled: np.ndarray, sizes: np.ndarray
) -> np.ndarray:
    """Who has a labeled joint that cannot be meant: far outside the picture.

    Args:
        joints: float [..., joints, 2], pixels.
        labeled: bool [..., joints].
        sizes: float [..., 2], width and height of the picture.

    Returns:
        bool [...]: a labeled joint is not finite, or further than `FAR` times
        the picture's longer side from its edge.
    """
    reach = FAR * sizes.max(axis=-1)[..., None, None]
    # Not `>`, which is False for what is not finite.
    inside = (joints >= -reach) & (joints <= sizes[..., None, :] + reach)
    return (labeled & ~inside.all(axis=-1)).any(axis=-1)


def far_from_box(normalized: np.ndarray, labeled: np.ndarray) -> np.ndarray:
    """Who has a labeled joint that cannot be meant: far outside the box.

    Args:
        normalized: float [..., joints, 2], box units.
        labeled: bool [..., joints].

    Returns:
        bool [...]: a labeled joint is not finite, or further than `FAR_SIDES`
        from the box's center.
    """
    inside = (np.abs(normalized) <= FAR_SIDES).all(axis=-1)
    return (labeled & ~inside).any(axis=-1)


def scaled(box: np.ndarray, scale: float, square: bool) -> np.ndarray:
    """The box about the same center, `scale` times as large.

    Args:
        box: float32 [..., 4].
        scale: factor of both sides.
        square: whether the shorter side grows to the longer one.
    """
    size = box[..., 2:]
    if square:
        size = np.broadcast_to(size.max(-1, keepdims=True), size.shape)
    box = np.concatenate([box[..., :2], scale * size], axis=-1)
    return box.astype(np.float32)


def overlaps(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union of each pair of boxes.

    Args:
        first: float [n, 4].
        second: float [m, 4].

    Returns:
        float [n, m].
    """
    first, second = first[:, None], second[None]
    low = np.maximum(_low(first), _low(second))
    high = np.minimum(_high(first), _high(second))
    shared = np.maximum(high - low, 0.0).prod(axis=-1)
    areas = first[..., 2:].prod(axis=-1) + second[..., 2:].prod(axis=-1)
    return shared / (areas - shared)


def _low(box):
    return box[..., :2] - box[..., 2:] / 2.0


def _high(box):
    return box[..., :2] + box[..., 2:] / 2.0


def are_outside(box: np.ndarray, width: int, height: int) -> np.ndarray:
    """Whether boxes have no part of a picture in them, bool [people].

    Args:
        box: float [people, 4], pixels; w or h of 0: the whole picture.
        width: of the picture, pixels.
        height: of the picture, pixels.
    """
    low, high = box[:, :2] - box[:, 2:] / 2, box[:, :2] + box[:, 2:] / 2
    outside = ((high <= 0) | (low >= (width, height))).any(axis=1)
    return outside & (box[:, 2:] > 0).all(axis=1)
