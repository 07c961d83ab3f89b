"""Numbers and ids of annotation files: typed oddly, huge, or not there."""

import numpy as np


def number(value: object) -> float | None:
    """A number, also out of a string; None where it is none or not finite.

    Annotation tools write 1, 1.0 and "1" alike, and null for what is missing.
    """
    if isinstance(value, str) and "_" in value:  # Python's own 1_000.
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if np.isfinite(found) else None


def vector(values: object, count: int | None = None) -> np.ndarray | None:
    """A list of numbers, float32 [n]; NaN where one is missing.

    Args:
        values: a list, or a vector made already.
        count: how many there must be, None for any number.

    Returns:
        None where it is no list of numbers; infinite is what float32 cannot
        hold.
    """
    if isinstance(values, np.ndarray):
        found = values
    elif isinstance(values, list | tuple):
        found = _array(values)
    else:
        return None
    if found is None or found.ndim != 1 or count not in (None, len(found)):
        return None
    with np.errstate(over="ignore"):
        return found.astype(np.float32, copy=False)


def _array(values):
    try:
        return np.array(values, np.float64)  # Fast, and null is NaN.
    except (TypeError, ValueError, OverflowError):
        pass
    numbers = [np.nan if v is None else number(v) for v in values]
    return None if None in numbers else np.array(numbers, np.float64)


def key(value: object) -> str | None:
    """An id, the same for 1, 1.0 and "1"; None where it is missing."""
    if value is None or isinstance(value, list | dict):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def size(width: object, height: object) -> tuple[int, int] | None:
    """The size of a picture; None where it is 0, missing or no number."""
    sides = number(width), number(height)
    if None in sides or min(sides) <= 0:
        return None
    return int(sides[0]), int(sides[1])
