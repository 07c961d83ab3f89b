"""Intervals by drawing people anew: the bootstrap."""

import numpy as np

from deeppose_tf.evaluation import accumulators
from deeppose_tf.evaluation import aggregation

_DRAWS = 1000
_CHUNK = 50


def draw(tally: dict[str, accumulators.Tally]) -> dict[str, np.ndarray]:
    """Every figure in each of 1,000 bootstrap draws of persons, [draws].

    For as many persons the draws are the same, so that differences between
    models judged on the same persons are paired.
    """
    persons = len(next(iter(tally.values())).value)
    chunks = [
        aggregation.figures(
            {name: resampled(t, times) for name, t in tally.items()}
        )
        for times in weights(persons)
    ]
    return {
        name: np.concatenate([chunk[name] for chunk in chunks])
        for name in chunks[0]
    }


def weights(persons):
    """How often draws take each person, float32 [draws, persons].

    A few draws at a time: memory stays at a fraction of the persons' joints.
    """
    rng = np.random.default_rng(0)
    # Draws lie one behind the other to be counted at once.
    first = persons * np.arange(_CHUNK)[:, None]
    for _ in range(_DRAWS // _CHUNK):
        taken = rng.integers(0, max(persons, 1), (_CHUNK, persons)) + first
        times = np.bincount(taken.ravel(), minlength=_CHUNK * persons)
        yield times.reshape(_CHUNK, persons).astype(np.float32)


def interval(drawn: np.ndarray) -> list[float]:
    """The middle 95% of bootstrap draws [draws]: low, high."""
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return [0.0, 0.0]
    return [float(end) for end in np.percentile(drawn, [2.5, 97.5])]


def resampled(tally: accumulators.Tally, weights: np.ndarray) -> tuple:
    """Like an entry of `Sums.by_name`, for persons drawn several times.

    Args:
        tally: of all persons.
        weights: float [draws, persons], how often each person was drawn.

    Returns:
        items, values [draws, items], counts [draws, items].
    """
    counted = tally.counted.astype(weights.dtype)
    value = tally.value.astype(weights.dtype)
    return tally.items, weights @ value, weights @ counted
