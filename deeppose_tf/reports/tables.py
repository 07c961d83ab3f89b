"""Tables of metrics, for the report and the terminal.

A cell is text, or a pair of a value and its 95% interval.
"""

import numpy as np

from deeppose_tf.data.displacements import Displacements

_SHORT = {
    "PDJ@0.1": "pdj@0.1",
    "PDJ@0.2": "pdj@0.2",
    "PDJ@0.5": "pdj@0.5",
    "strict PCP (4 limbs)": "pcp_strict/mean_of_4",
}
_REST = {
    "pdj_pairs@0.2": "PDJ@0.2 of joints with a left and a right",
    "auc": "area under PDJ, 0 to 0.5",
    "pck@0.2": "PCK@0.2 of the torso box",
    "pckh@0.5": "PCKh@0.5",
    "oks_ap": "OKS average precision (COCO)",
    "error_diameters": "mean error, torso diameters",
    "error_pixels": "mean error, pixels",
    "swap_rate": "left and right exchanged",
}
_LESS_IS_BETTER = ("error_diameters", "error_pixels", "swap_rate")


def short_rows(results: dict[str, dict]) -> list[list]:
    """PDJ at three thresholds and strict PCP, a row for each model."""
    rows = [["", *_SHORT]]
    for name, result in results.items():
        rows.append([name, *(_cell(result, key) for key in _SHORT.values())])
    return rows


def interval_rows(results: dict[str, dict], metric: str) -> list[list]:
    """A row for each item of a metric, a column for each model."""
    first = next(iter(results.values()))["figures"]
    keys = {"mean": metric} if metric in first else {}
    start = f"{metric}/"
    keys |= {
        key.removeprefix(start): key for key in first if key.startswith(start)
    }
    return _interval_rows(results, keys)


def beside(rows: list[list], reported: dict[str, dict]) -> list[list]:
    """Rows with one more column for each published model, "as reported".

    Args:
        rows: of `interval_rows`.
        reported: by model, its metrics by the labels in the first column.
    """
    head, *body = rows
    table = [[*head, *(f"{name}, as reported" for name in reported)]]
    for row in body:
        values = [metrics.get(row[0]) for metrics in reported.values()]
        table.append(
            [*row, *("-" if v is None else f"{v:.2f}" for v in values)]
        )
    return table


def rest_rows(results: dict[str, dict]) -> list[list]:
    """A row for each further metric, a column for each model."""
    first = next(iter(results.values()))["figures"]
    keys = {label: key for key, label in _REST.items() if key in first}
    return _interval_rows(results, keys)


def _interval_rows(results, keys):
    rows = [["", *results]]
    for label, key in keys.items():
        cells = [_cell(result, key) for result in results.values()]
        rows.append([label.replace("_", " "), *cells])
    return rows


def _cell(result, key):
    # As PCP of a skeleton without legs, or of people with unlabeled legs.
    if key not in result["figures"] or key in result["uncounted"]:
        return "-"
    value = f"{result['figures'][key]:.3f}"
    if "intervals" not in result:
        return value
    low, high = result["intervals"][key]
    return value, f"[{low:.3f}, {high:.3f}]"


def difference_rows(
    rows: dict[str, dict], name: str, baseline: str
) -> list[list]:
    """A table of differences.

    Args:
        rows: of `paired_differences.between`.
        name: title of the column of the first.
        baseline: title of the column of the second.
    """
    labels = {key: label for label, key in _SHORT.items()} | _REST
    result = [["", name, baseline, "difference"]]
    for metric, row in rows.items():
        low, high = row["interval"]
        note = ", less is better" if metric in _LESS_IS_BETTER else ""
        result.append(
            [
                labels[metric] + note,
                f"{row['one']:.3f}",
                f"{row['other']:.3f}",
                (f"{row['difference']:+.3f}", f"[{low:+.3f}, {high:+.3f}]"),
            ]
        )
    return result


def text(rows: list[list]) -> str:
    """A table as aligned text, for the terminal."""
    return _aligned(
        [
            [cell if isinstance(cell, str) else " ".join(cell) for cell in row]
            for row in rows
        ]
    )


def displacement_rows(
    measured: Displacements, joints: tuple[str, ...]
) -> list[list[str]]:
    """A row for each joint: its displacements."""
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
        mean_x, mean_y = measured.mean[i]
        spread_x, spread_y = np.sqrt(np.diag(measured.covariance[i]))
        rows.append(
            [
                name.replace("_", " "),
                str(measured.count[i]),
                f"{mean_x:+.2f}, {mean_y:+.2f}",
                f"{spread_x:.2f}, {spread_y:.2f}",
                *(f"{measured.containment[s][i]:.3f}" for s in sigmas),
            ]
        )
    return rows


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
