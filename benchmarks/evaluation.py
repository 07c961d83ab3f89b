"""Time of an evaluation beside that of the model: the aim is a tenth at most.

python -m benchmarks.evaluation --model=saved_models/lspet \
    --data_dir=data/lspet
"""

import pathlib
import tempfile
import time

from absl import flags

from deeppose_tf.data import dataset
from deeppose_tf.evaluation import evaluator
from deeppose_tf.launch import app
from deeppose_tf.reports import comparison
from deeppose_tf.reports import report_folder
from deeppose_tf.reports.evaluation import Evaluation
from deeppose_tf.serving import saved_models

_MODEL = flags.DEFINE_string("model", None, "saved_models/NAME.", required=True)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder that data_prep wrote.", required=True
)
_SPLIT = flags.DEFINE_string("split", "test", "train, val or test.")


def main(argv):
    """Times the model, the metrics with their intervals, and the page."""
    app.refuse_arguments(argv)
    data = dataset.load(_DATA_DIR.value)
    model = saved_models.load(_MODEL.value)
    begin = time.monotonic()
    predictions = evaluator.evaluate(model, data, _SPLIT.value)
    total = time.monotonic() - begin
    model_time = predictions.seconds
    seconds = {"model": model_time, "mean pose": total - model_time}
    begin = time.monotonic()
    results = predictions.results(data.skeleton)
    seconds["metrics and intervals"] = time.monotonic() - begin
    begin = time.monotonic()
    gains = comparison.gains(predictions, data.skeleton)
    evaluation = Evaluation(
        model=model,
        data=data,
        split=_SPLIT.value,
        skeleton=data.skeleton,
        predictions=predictions,
        results=results,
        gains=gains,
        warnings=comparison.worse_stages(gains, []),
    )
    with tempfile.TemporaryDirectory() as folder:
        report_folder.write(evaluation, pathlib.Path(folder))
    seconds["files and page"] = time.monotonic() - begin
    print(f"{len(predictions.joints)} persons")
    for name, value in seconds.items():
        share = value / model_time
        print(f"{name:22} {value:6.2f} s, {share:.3f} of the model's time")


if __name__ == "__main__":
    app.run(main)
