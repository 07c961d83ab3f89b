"""From sums over people to metrics: shares, means, PCP over kinds of limbs."""

import numpy as np

# DeepPose averages PCP over 4 kinds of limbs; other papers add torso and head,
# or count the parts one by one: 10.
_FOUR = ("upper_arm", "lower_arm", "upper_leg", "lower_leg")
_SIX = (*_FOUR, "torso", "head")
_PARTS = {kind: 2 if kind in _FOUR else 1 for kind in _SIX}


def aggregate(sums: dict[str, tuple]) -> dict[str, np.ndarray]:
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
            by_item = _ratio(value, counted)
            for i, item in enumerate(items):
                result[f"{name}/{item}"] = by_item[..., i]
    return result


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
    # A bootstrap draw may hold nobody who counts: it must not read as 0.
    return np.where(counted > 0, value / np.maximum(counted, 1), np.nan)
