"""Evaluates an exported cascade on held-out people.

python -m deeppose_tf.evaluate --model=saved_models/lsp --data_dir=data/lsp \
    --split=test --output_dir=reports/lsp
"""

import pathlib
import shlex
import sys
import time

from absl import flags

from deeppose_tf import errors
from deeppose_tf.data import dataset
from deeppose_tf.geometry import skeletons
from deeppose_tf.launch import app
from deeppose_tf.launch import lazy
from deeppose_tf.reports import report_files
from deeppose_tf.serving import saved_models

with lazy.imports():
    from deeppose_tf.evaluation import cascade_predictions
    from deeppose_tf.evaluation import evaluator
    from deeppose_tf.geometry import box_errors
    from deeppose_tf.reports import comparison
    from deeppose_tf.reports import evaluation as report
    from deeppose_tf.reports import report_folder
    from deeppose_tf.reports import tables

_MODEL = flags.DEFINE_string(
    "model", None, "saved_models/NAME, or one version of it.", required=True
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder that data_prep wrote.", required=True
)
_SPLIT = flags.DEFINE_string("split", "test", "train, val or test.")
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "Folder for report.html, metrics.json...", required=True
)
_COMPARE = flags.DEFINE_string(
    "compare",
    None,
    "--output_dir of an earlier evaluation on the same people, the baseline: "
    "the report shows both models and their differences.",
)
_BOX_SCALE = flags.DEFINE_float(
    "box_scale",
    1.0,
    "Makes the boxes so much larger, as detectors do.",
    lower_bound=0.1,
    upper_bound=10.0,
)
_BOX_SHIFT = flags.DEFINE_float(
    "box_shift",
    0.0,
    "Shifts the boxes by this share of their sides, all around.",
    lower_bound=0.0,
    upper_bound=1.0,
)
_WHOLE_PICTURE = flags.DEFINE_bool(
    "whole_picture", False, "Gives no boxes: the model sees whole pictures."
)


def main(argv):
    """Prints the table; writes metrics.json, report.html and the rest."""
    app.refuse_arguments(argv)
    data = _data()
    folder = _output_dir()
    _refuse_contradictions()
    report_files.check(folder)
    model = saved_models.load(_MODEL.value)
    baseline = _baseline()
    evaluation = _evaluate(model, data, baseline)
    report_folder.write(evaluation, folder)
    _print(evaluation, folder)


def _data():
    data = dataset.load(_DATA_DIR.value)
    data.split("train")  # Its people give the mean pose.
    data.split(_SPLIT.value)
    return data


def _output_dir():
    folder = pathlib.Path(_OUTPUT_DIR.value)
    if folder.exists() and not folder.is_dir():
        raise errors.InputError(f"--output_dir={folder}: is a file")
    return folder


def _refuse_contradictions():
    """What can be told before TensorFlow is imported."""
    has_errors = (_BOX_SCALE.value, _BOX_SHIFT.value) != (1.0, 0.0)
    if _WHOLE_PICTURE.value and has_errors:
        raise errors.InputError(
            "--whole_picture: there is no box to scale or shift; leave out "
            "--box_scale and --box_shift"
        )
    compared = _COMPARE.value
    if compared is not None and not pathlib.Path(compared).is_dir():
        raise errors.InputError(
            f"--compare={compared}: no such folder; name the --output_dir of "
            "an earlier python -m deeppose_tf.evaluate"
        )


def _baseline():
    if _COMPARE.value is None:
        return None
    return cascade_predictions.load(pathlib.Path(_COMPARE.value))


def _evaluate(model, data, baseline):
    skeleton = skeletons.common(model.skeleton, data.skeleton)
    given = box_errors.BoxErrors(
        _BOX_SCALE.value, _BOX_SHIFT.value, _WHOLE_PICTURE.value
    )
    predictions = evaluator.evaluate(model, data, _SPLIT.value, given)
    compared = None
    if baseline is not None:
        compared = {
            "one": str(model.path),
            "other": _COMPARE.value,
            **comparison.compare(predictions, baseline, skeleton),
        }
    gains = comparison.gains(predictions, skeleton)
    validation_pdj = model.metadata.get("validation_pdj@0.2", [])
    return report.Evaluation(
        model=model,
        data=data,
        split=_SPLIT.value,
        box_errors=given,
        skeleton=skeleton,
        predictions=predictions,
        results=predictions.results(skeleton),
        gains=gains,
        warnings=comparison.worse_stages(gains, validation_pdj),
        compared=compared,
        command=shlex.join(
            ["python", "-m", "deeppose_tf.evaluate", *sys.argv[1:]]
        ),
        date=time.strftime("%Y-%m-%d %H:%M %Z"),
    )


def _print(evaluation, folder):
    print(tables.text(tables.short_rows(evaluation.results)))
    for sentence in evaluation.warnings:
        print(f"\nWARNING: {sentence}")
    if evaluation.compared:
        print("\nbaseline:", _COMPARE.value)
        rows = evaluation.compared["rows"]
        table = tables.difference_rows(rows, "this model", "baseline")
        print(tables.text(table))
    print(f"\nreport:         {folder / 'report.html'}")
    print(f"report picture: {folder / 'pdj.png'}")
    print(f"all numbers:    {folder / 'metrics.json'}, metrics.csv")


if __name__ == "__main__":
    app.run(main)
