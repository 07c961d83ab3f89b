"""Judges an exported cascade on people it never saw.

python -m deeppose_tf.evaluate --model=saved_models/lsp --data_dir=data/lsp \
    --split=test --output_dir=reports/lsp
"""

import pathlib

from absl import app
from absl import flags

from deeppose_tf import errors
from deeppose_tf.data import dataset
from deeppose_tf.evaluation import cascade_predictions
from deeppose_tf.evaluation import evaluator
from deeppose_tf.geometry import skeletons
from deeppose_tf.reports import comparison
from deeppose_tf.reports import report_folder
from deeppose_tf.reports import tables
from deeppose_tf.serving import saved_models

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
    "--output_dir of an earlier evaluation on the same people: both models "
    "side by side.",
)


def main(argv):
    """Prints the table; writes metrics.json, report.html and the rest."""
    errors.refuse_arguments(argv)
    data = dataset.load(_DATA_DIR.value)
    for split in ("train", _SPLIT.value):  # The mean pose is that of train.
        data.split(split)
    folder = pathlib.Path(_OUTPUT_DIR.value)
    if folder.exists() and not folder.is_dir():
        raise errors.InputError(f"--output_dir={folder}: is a file")
    before = None
    if _COMPARE.value is not None:
        before = cascade_predictions.load(pathlib.Path(_COMPARE.value))
    model = saved_models.load(_MODEL.value)
    skeleton = skeletons.common(model.skeleton, data.skeleton)
    people = evaluator.judge(model, data, _SPLIT.value)
    compared = None
    if before is not None:
        compared = {
            "one": str(model.path),
            "other": _COMPARE.value,
            **comparison.compare(people, before, skeleton),
        }
    results = people.results(skeleton)
    gains = comparison.gains(people, skeleton)
    warnings = comparison.worse_stages(
        gains, model.metadata.get("validation_pdj@0.2", [])
    )
    report_folder.write(
        folder,
        model=model,
        data=data,
        skeleton=skeleton,
        split=_SPLIT.value,
        people=people,
        results=results,
        gains=gains,
        warnings=warnings,
        compared=compared,
    )
    print(tables.text(tables.short_rows(results)))
    for sentence in warnings:
        print(f"\nWARNING: {sentence}")
    if compared:
        print("\nthe other:", _COMPARE.value)
        rows = tables.difference_rows(compared["rows"], "this", "other")
        print(tables.text(rows))
    print(f"\nreport:         {folder / 'report.html'}")
    print(f"report picture: {folder / 'pdj.png'}")
    print(f"all numbers:    {folder / 'metrics.json'}")


if __name__ == "__main__":
    app.run(errors.one_line(main))
