"""Tables of scores, as text."""

import numpy as np

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
    """PDJ at three thresholds and strict PCP, one row a model.

    Cells are words, or a figure and its 95% interval.
    """
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


def beside(rows: list[list], reported: dict[str, dict]) -> list[list]:
    """Rows with a column more for each published model, "as reported".

    Args:
        rows: of `interval_rows`.
        reported: by model, figures by the words of the first column.
    """
    head, *body = rows
    return [
        [*head, *(f"{name}, as reported" for name in reported)],
        *(
            [
                *row,
                *(
                    f"{figures[row[0]]:.2f}" if row[0] in figures else "-"
                    for figures in reported.values()
                ),
            ]
            for row in body
        ),
    ]


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
    # PCP of a skeleton without legs, or of people whose legs are unlabeled.
    if key not in result["figures"] or key in result["uncounted"]:
        return "-"
    figure = f"{result['figures'][key]:.3f}"
    if "intervals" not in result:
        return figure
    low, high = result["intervals"][key]
    return figure, f"[{low:.3f}, {high:.3f}]"


def difference_rows(rows: dict[str, dict], one: str, other: str) -> list[list]:
    """Rows of `differences.between`, in words; see `short_rows`."""
    named = {key: words for words, key in _SHORT.items()} | _REST
    result = [["", one, other, "difference"]]
    for name, row in rows.items():
        low, high = row["interval"]
        worse = ", less is better" if name in _LESS_IS_BETTER else ""
        result.append(
            [
                named[name] + worse,
                f"{row['one']:.3f}",
                f"{row['other']:.3f}",
                (f"{row['difference']:+.3f}", f"[{low:+.3f}, {high:+.3f}]"),
            ]
        )
    return result


def text(rows: list[list]) -> str:
    """Rows of cells, words or a figure and its interval, for a terminal."""
    return _aligned(
        [
            [cell if isinstance(cell, str) else " ".join(cell) for cell in row]
            for row in rows
        ]
    )


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
