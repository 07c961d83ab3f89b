"""Tables of scores, as text."""

import numpy as np

from deeppose_tf import metrics

_SHORT = {
    "PDJ@0.1": "pdj@0.1",
    "PDJ@0.2": "pdj@0.2",
    "PDJ@0.5": "pdj@0.5",
    "strict PCP (4 limbs)": "pcp_strict/mean_of_4",
}
_REST = {
    "auc": "area under PDJ, 0 to 0.5",
    "pck@0.2": "PCK@0.2 of the torso box",
    "pckh@0.5": "PCKh@0.5",
    "oks_ap": "OKS average precision (COCO)",
    "error_diameters": "mean error, torso diameters",
    "error_pixels": "mean error, pixels",
    "swap_rate": "left and right exchanged",
}


def short(results: dict[str, dict]) -> str:
    """PDJ at three thresholds and strict PCP, one row a model.

    With the ends of 95% intervals where `scores.score` drew them.
    """
    return _aligned(
        [
            [cell if isinstance(cell, str) else " ".join(cell) for cell in row]
            for row in short_rows(results)
        ]
    )


def short_rows(results: dict[str, dict]) -> list[list]:
    """The cells of `short`: words, or a figure and its interval."""
    rows = [["", *_SHORT]]
    for name, result in results.items():
        rows.append([name, *(_cell(result, key) for key in _SHORT.values())])
    return rows


def interval_rows(results: dict[str, dict], metric: str) -> list[list]:
    """A row for each item of a metric, a column a model; see `short_rows`."""
    first = next(iter(results.values()))["figures"]
    keys = {"mean": metric} if metric in first else {}
    start = f"{metric}/"
    keys |= {
        key.removeprefix(start): key for key in first if key.startswith(start)
    }
    return _interval_rows(results, keys)


def rest_rows(results: dict[str, dict]) -> list[list]:
    """A row for each further figure, a column a model; see `short_rows`."""
    first = next(iter(results.values()))["figures"]
    keys = {words: key for key, words in _REST.items() if key in first}
    return _interval_rows(results, keys)


def _interval_rows(results, keys):
    return [
        ["", *results],
        *(
            [words.replace("_", " ")]
            + [_cell(result, key) for result in results.values()]
            for words, key in keys.items()
        ),
    ]


def _cell(result, key):
    if key not in result["figures"]:  # PCP of a skeleton without legs.
        return "-"
    figure = f"{result['figures'][key]:.3f}"
    if "intervals" not in result:
        return figure
    low, high = result["intervals"][key]
    return figure, f"[{low:.3f}, {high:.3f}]"


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
        "More\n" + _aligned(_transposed(results, _rest)),
    ]
    return "\n\n".join(parts)


def _thresholds(results):
    yield ["", *(f"{t:g}" for t in metrics.THRESHOLDS)]
    for name, result in results.items():
        figures = result["figures"]
        yield [name, *(figures[f"pdj@{t:g}"] for t in metrics.THRESHOLDS)]


def _joints(result):
    return _by_item(result["figures"], "pdj@0.2")


def _limbs(result):
    strict = _by_item(result["figures"], "pcp_strict")
    relaxed = _by_item(result["figures"], "pcp_relaxed")
    return {k: f"{strict[k]:.3f} / {relaxed[k]:.3f}" for k in strict}


def _rest(result):
    figures = result["figures"]
    return {_REST[k]: figures[k] for k in _REST if k in figures}


def _by_item(figures: dict[str, float], name: str) -> dict[str, float]:
    """The figures of a metric's items, and its "mean" where it has one."""
    start = f"{name}/"
    items = {
        key.removeprefix(start): value
        for key, value in figures.items()
        if key.startswith(start)
    }
    return ({"mean": figures[name]} if name in figures else {}) | items


def compared(rows: dict[str, dict]) -> str:
    """The rows of `comparison.compare`."""
    cells = [["", "this", "other", "difference, 95% interval"]]
    for name, row in rows.items():
        low, high = row["interval"]
        words = f"{row['difference']:+.3f} [{low:+.3f}, {high:+.3f}]"
        cells.append([name, row["one"], row["other"], words])
    return _aligned(cells)


def sigmas(tried: list) -> str:
    """What `sigmas.sweep` found."""
    cells = [["sigma", "truth in the box", "PDJ@0.2"]]
    for row in tried:
        cells.append([f"{row.sigma:g}", row.containment, row.pdj])
    return _aligned(cells)


def displacement_rows(found, joints: tuple[str, ...]) -> list[list[str]]:
    """A row a joint of `displacements.Displacements`."""
    sigmas = (1.0, 1.5, 2.0)
    rows = [
        [
            "",
            "counted",
            "mean x, y",
            "standard deviation x, y",
            *(f"in a box of {sigma:g}" for sigma in sigmas),
        ]
    ]
    for i, name in enumerate(joints):
        mean_x, mean_y = found.mean[i]
        spread_x, spread_y = np.sqrt(np.diag(found.covariance[i]))
        rows.append(
            [
                name.replace("_", " "),
                str(found.count[i]),
                f"{mean_x:+.2f}, {mean_y:+.2f}",
                f"{spread_x:.2f}, {spread_y:.2f}",
                *(f"{found.containment[s][i]:.3f}" for s in sigmas),
            ]
        )
    return rows


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
