"""Confidence intervals by resampling people: the bootstrap."""

import numpy as np

from deeppose_tf.evaluation import aggregation
from deeppose_tf.evaluation.accumulators import PersonMetric

_DRAWS = 1000
_CHUNK = 50


def draw(person_metrics: dict[str, PersonMetric]) -> dict[str, np.ndarray]:
    """Every metric in each of 1,000 bootstrap draws of people, [draws].

    The draws depend on the number of people only, so that differences between
    models evaluated on the same people are paired.
    """
    persons = len(next(iter(person_metrics.values())).value)
    chunks = [
        aggregation.aggregate(
            {
                name: resampled(metric, times)
                for name, metric in person_metrics.items()
            }
        )
        for times in weights(persons)
    ]
    return {
        name: np.concatenate([chunk[name] for chunk in chunks])
        for name in chunks[0]
    }


def weights(persons: int):
    """Yields how often draws take each person, float32 [draws, persons].

    A few draws at a time, so that memory does not grow with their number.
    """
    rng = np.random.default_rng(0)
    # Each draw has a range of indices of its own: one bincount counts all.
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


def resampled(metric: PersonMetric, weights: np.ndarray) -> tuple:
    """Sums over resampled people, like an entry of `Accumulator.by_name`.

    Args:
        metric: of all people.
        weights: float [draws, persons], how often each person was drawn.

    Returns:
        items, values [draws, items], counts [draws, items].
    """
    counted = metric.counted.astype(weights.dtype)
    value = metric.value.astype(weights.dtype)
    return metric.items, weights @ value, weights @ counted
