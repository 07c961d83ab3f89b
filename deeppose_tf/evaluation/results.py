"""One model's figures on a set of people, in the form of metrics.json.

Figures are flat: "pdj@0.2" is the mean over all labeled joints,
"pdj@0.2/left_wrist" one joint's.
"""

import numpy as np

from deeppose_tf.evaluation import accumulators
from deeppose_tf.geometry.skeletons import Skeleton

# DeepPose averages PCP over 4 kinds of limbs; other papers add torso and head,
# or count the parts one by one: 10.
_FOUR = ("upper_arm", "lower_arm", "upper_leg", "lower_leg")
_SIX = (*_FOUR, "torso", "head")
_PARTS = {kind: 2 if kind in _FOUR else 1 for kind in _SIX}
_DRAWS = 1000
_CHUNK = 50
# Thresholds of the fine PDJ curve, in diameters.
CURVE = tuple(round(0.005 * i, 3) for i in range(101))


def score(
    joints: np.ndarray,
    truth: np.ndarray,
    labeled: np.ndarray,
    skeleton: Skeleton,
    head_sizes: np.ndarray | None = None,
    intervals: bool = False,
) -> dict:
    """All figures of one set of predictions.

    Args:
        joints: float [people, joints, 2], pixels.
        truth: float [people, joints, 2], pixels.
        labeled: bool [people, joints].
        skeleton: of the joints.
        head_sizes: see `tallies.of`.
        intervals: whether to bootstrap, which takes longer.

    Returns:
        persons; persons_without_torso, whom PDJ leaves out; figures by name;
        uncounted, the names of figures that nothing counted for, which are 0;
        with intervals, by name the ends of each figure's 95% interval.
    """
    tally = accumulators.of(joints, truth, labeled, skeleton, head_sizes)
    with_torso = tally["swap_rate"].counted.sum()
    sums = accumulators.Sums()
    sums.add(tally)
    found = figures(sums.by_name())
    result = {
        "persons": len(joints),
        "persons_without_torso": len(joints) - int(with_torso),
        "figures": {k: float(np.nan_to_num(v)) for k, v in found.items()},
        "uncounted": [k for k, v in found.items() if np.isnan(v)],
    }
    if intervals:
        result["intervals"] = {k: interval(v) for k, v in draw(tally).items()}
    return result


def figures(sums: dict[str, tuple]) -> dict[str, np.ndarray]:
    """Shares and means out of sums.

    Args:
        sums: by metric: items, values [..., items], counts [..., items].

    Returns:
        By name, [...]; NaN where nothing was counted.
    """
    result = {}
    for name, (items, value, counted) in sums.items():
        if name.startswith("pcp_"):
            result.update(_pcp(name, items, value, counted))
            continue
        result[name] = _ratio(value.sum(axis=-1), counted.sum(axis=-1))
        if len(items) > 1:
            each = _ratio(value, counted)
            for i, item in enumerate(items):
                result[f"{name}/{item}"] = each[..., i]
    return result


def pdj_curve(
    joints: np.ndarray,
    truth: np.ndarray,
    labeled: np.ndarray,
    skeleton: Skeleton,
) -> dict[str, np.ndarray]:
    """The PDJ curve on a fine grid, to be drawn.

    Args:
        joints: see `score`; likewise truth, labeled, skeleton.
        truth: see joints.
        labeled: see joints.
        skeleton: see joints.

    Returns:
        By joint, and "mean": float [thresholds], at `CURVE`.
    """
    distance = accumulators.torso_distance(joints, truth, labeled, skeleton)
    each = [np.sort(column[np.isfinite(column)]) for column in distance.T]
    pooled = np.sort(np.concatenate(each))
    return {
        name: np.searchsorted(column, CURVE) / max(1, len(column))
        for name, column in zip(
            ("mean", *skeleton.joints), (pooled, *each), strict=True
        )
    }


def _pcp(name, items, value, counted):
    kinds = np.array(items)
    shares = {
        str(kind): _ratio(
            value[..., kinds == kind].sum(axis=-1),
            counted[..., kinds == kind].sum(axis=-1),
        )
        for kind in dict.fromkeys(items)
    }
    result = {}
    for title, wanted, parts in (
        ("mean_of_4", _FOUR, dict.fromkeys(_FOUR, 1)),
        ("mean_of_6", _SIX, dict.fromkeys(_SIX, 1)),
        ("mean_of_10", _SIX, _PARTS),
    ):
        if set(wanted) <= set(shares):
            total = sum(parts[kind] * shares[kind] for kind in wanted)
            result[f"{name}/{title}"] = total / sum(parts.values())
    return result | {f"{name}/{kind}": s for kind, s in shares.items()}


def _ratio(value, counted):
    # Draws that leave out all persons who count say nothing.
    return np.where(counted > 0, value / np.maximum(counted, 1), np.nan)


def draw(tally: dict[str, accumulators.Tally]) -> dict[str, np.ndarray]:
    """Every figure in each of 1,000 bootstrap draws of persons, [draws].

    For as many persons the draws are the same, so that differences between
    models judged on the same persons are paired.
    """
    persons = len(next(iter(tally.values())).value)
    chunks = [
        figures(
            {
                name: accumulators.resampled(t, times)
                for name, t in tally.items()
            }
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
