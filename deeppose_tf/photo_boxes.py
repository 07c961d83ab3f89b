"""Where the people of a photo are, as its user says it."""

import numpy as np

from deeppose_tf import errors

# The graph's word for the whole image.
WHOLE = (0.0, 0.0, 0.0, 0.0)


def from_flag(words: list[str] | None) -> np.ndarray:
    """The boxes of --box=cx,cy,w,h, float32 [1, 4]; None is the whole image.

    Raises:
        InputError: it is not four numbers, or a box of no size.
    """
    if words is None:
        return np.array([WHOLE], np.float32)
    try:
        box = [float(number) for number in words]
    except ValueError:
        box = []
    if len(box) != 4 or not np.isfinite(box).all() or min(box[2:]) <= 0:
        raise errors.InputError(
            f"--box={','.join(words)}: want cx,cy,w,h in pixels, w and h "
            "above 0"
        )
    return np.array([box], np.float32)
