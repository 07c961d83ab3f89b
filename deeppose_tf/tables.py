"""Tables of scores, as text."""

from deeppose_tf import metrics
from deeppose_tf import scores


def short(results: dict[str, dict]) -> str:
    """PDJ at three thresholds and strict PCP, one row a model."""
    rows = [["", "PDJ@0.1", "PDJ@0.2", "PDJ@0.5", "strict PCP (4 limbs)"]]
    for name, result in results.items():
        pdj = [scores.pdj_at(result, t) for t in (0.1, 0.2, 0.5)]
        rows.append([name, *pdj, result["pcp_strict"]["mean_of_four"]])
    return _aligned(rows)


def full(results: dict[str, dict]) -> str:
    """All thresholds, all joints, all limb kinds, and who was counted."""
    first = next(iter(results.values()))
    left_out = first["persons_without_torso"]
    parts = [
        f"{first['persons']} persons; PDJ leaves out {left_out} whose left "
        "shoulder or right hip is unlabeled",
        "PDJ, mean over labeled joints\n" + _aligned(_thresholds(results)),
        "PDJ@0.2 by joint\n" + _aligned(_transposed(results, _joints)),
        "PCP@0.5 strict (both ends) / relaxed (mean of the ends) by limb\n"
        + _aligned(_transposed(results, _limbs)),
    ]
    return "\n\n".join(parts)


def _thresholds(results):
    yield ["", *(f"{t:g}" for t in metrics.THRESHOLDS)]
    for name, result in results.items():
        yield [name, *(scores.pdj_at(result, t) for t in metrics.THRESHOLDS)]


def _joints(result):
    return result["pdj"]["0.2"]


def _limbs(result):
    strict, relaxed = result["pcp_strict"], result["pcp_relaxed"]
    return {k: f"{strict[k]:.3f} / {relaxed[k]:.3f}" for k in strict}


def _transposed(results, column_of):
    columns = [column_of(result) for result in results.values()]
    yield ["", *results]
    for row in columns[0]:
        yield [row.replace("_", " "), *(column[row] for column in columns)]


def _aligned(rows):
    cells = [
        [f"{c:.3f}" if isinstance(c, float) else c for c in row] for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0])]
            + [c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)]
        )
        for row in cells
    )
