"""What judging costs beside running the model: at most a tenth is the aim.

python -m benchmarks.evaluation --model=saved_models/lspet \
    --data_dir=data/lspet
"""

import pathlib
import tempfile
import time

from absl import app
from absl import flags

from deeppose_tf import charts
from deeppose_tf import dataset
from deeppose_tf import errors
from deeppose_tf import evaluation
from deeppose_tf import report
from deeppose_tf import saved_models

_MODEL = flags.DEFINE_string("model", None, "saved_models/NAME.", required=True)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder that data_prep wrote.", required=True
)
_SPLIT = flags.DEFINE_string("split", "test", "train, val or test.")


def main(argv):
    """Times the model, the figures with their intervals, and the page."""
    errors.refuse_arguments(argv)
    data = dataset.load(_DATA_DIR.value)
    model = saved_models.load(_MODEL.value)
    judged = evaluation.judge(model, data, _SPLIT.value)
    seconds = {"model": judged.seconds}
    begin = time.monotonic()
    results = judged.results(data.skeleton)
    seconds["figures and intervals"] = time.monotonic() - begin
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report.write(
            pathlib.Path(folder) / "report.html",
            results=results,
            judged=judged,
            data=data,
            split=_SPLIT.value,
            protocol=[],
            curves=charts.pdj_curves(results, ""),
            warnings=[],
            compared=None,
        )
    seconds["page"] = time.monotonic() - begin
    print(f"{len(judged.joints)} persons")
    for name, value in seconds.items():
        share = value / judged.seconds
        print(f"{name:22} {value:6.2f} s, {share:.3f} of the model's time")


if __name__ == "__main__":
    app.run(errors.one_line(main))
