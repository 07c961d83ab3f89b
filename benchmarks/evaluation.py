"""What judging costs beside running the model: at most a tenth is the aim.

python -m benchmarks.evaluation --model=saved_models/lspet \
    --data_dir=data/lspet
"""

import pathlib
import tempfile
import time

from absl import app
from absl import flags

from deeppose_tf import errors
from deeppose_tf.data import dataset
from deeppose_tf.evaluation import evaluator
from deeppose_tf.reports import comparison
from deeppose_tf.reports import report_folder
from deeppose_tf.serving import saved_models

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
    begin = time.monotonic()
    people = evaluator.judge(model, data, _SPLIT.value)
    whole = time.monotonic() - begin
    seconds = {"model": people.seconds, "mean pose": whole - people.seconds}
    begin = time.monotonic()
    results = people.results(data.skeleton)
    seconds["figures and intervals"] = time.monotonic() - begin
    begin = time.monotonic()
    gains = comparison.gains(people, data.skeleton)
    with tempfile.TemporaryDirectory() as folder:
        report_folder.write(
            pathlib.Path(folder),
            model=model,
            data=data,
            skeleton=data.skeleton,
            split=_SPLIT.value,
            people=people,
            results=results,
            gains=gains,
            warnings=comparison.worse_stages(gains, []),
            compared=None,
        )
    seconds["files and page"] = time.monotonic() - begin
    print(f"{len(people.joints)} persons")
    for name, value in seconds.items():
        share = value / people.seconds
        print(f"{name:22} {value:6.2f} s, {share:.3f} of the model's time")


if __name__ == "__main__":
    app.run(errors.one_line(main))
