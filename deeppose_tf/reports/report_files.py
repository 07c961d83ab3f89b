"""Names of a report's files; an earlier report alone is replaced."""

import pathlib

from deeppose_tf import errors
from deeppose_tf.storage import json_files

METRICS, TABLE = "metrics.json", "metrics.csv"
PAGE, CHART = "report.html", "pdj.png"
# The last is cascade_predictions.FILE, whose module needs TensorFlow.
_NAMES = METRICS, TABLE, PAGE, CHART, "persons.npz"


def check(folder: pathlib.Path):
    """Raises InputError where a report would replace what is none.

    Args:
        folder: of the report to be written; an earlier report is replaced.
    """
    there = [name for name in _NAMES if (folder / name).exists()]
    if there and not _is_report(folder / METRICS):
        raise errors.InputError(
            f"--output_dir={folder}: {there[0]} there is of no report, and "
            "would be replaced; name another folder"
        )


def _is_report(path):
    """Whether metrics.json is of a report; a run folder has another one."""
    try:
        values = json_files.load(path, "")
    except errors.InputError:
        return False
    return isinstance(values, dict) and "protocol" in values
