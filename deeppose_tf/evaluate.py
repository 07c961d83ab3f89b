"""Judges an exported cascade on people it never saw.

python -m deeppose_tf.evaluate --model=saved_models/lsp --data_dir=data/lsp \
    --split=test --output_dir=reports/lsp
"""

import json
import pathlib

from absl import app
from absl import flags

from deeppose_tf import dataset
from deeppose_tf import drawing
from deeppose_tf import errors
from deeppose_tf import evaluation
from deeppose_tf import serving
from deeppose_tf import tables

_MODEL = flags.DEFINE_string(
    "model", None, "saved_models/NAME, or one version of it.", required=True
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder that data_prep wrote.", required=True
)
_SPLIT = flags.DEFINE_string("split", "test", "train, val or test.")
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "Folder for metrics.json and pdj.png.", required=True
)


def main(argv):
    """Prints the tables; writes metrics.json and pdj.png."""
    errors.refuse_arguments(argv)
    data = dataset.load(_DATA_DIR.value)
    data.split(_SPLIT.value)
    model = serving.load(_MODEL.value)
    results = evaluation.evaluate(model, data, _SPLIT.value)
    folder = pathlib.Path(_OUTPUT_DIR.value)
    folder.mkdir(parents=True, exist_ok=True)
    protocol = {
        "model": str(model.path),
        "data": data.path,
        "split": _SPLIT.value,
        "box": data.box,
    }
    text = json.dumps({"protocol": protocol, "results": results}, indent=1)
    (folder / "metrics.json").write_text(text + "\n")
    counts = results[evaluation.MEAN_POSE]
    torsos = counts["persons"] - counts["persons_without_torso"]
    title = (
        f"PDJ on the {torsos} of {counts['persons']} {_SPLIT.value} persons "
        f"of {data.path} whose torso is labeled; box: "
        f"{data.box['kind']} x {data.box['scale']:g}"
    )
    drawing.pdj_curves(folder / "pdj.png", results, title)
    print(tables.full(results), "\n", tables.short(results), sep="\n")
    print(f"\nreport picture: {folder / 'pdj.png'}")
    print(f"all numbers:    {folder / 'metrics.json'}")


if __name__ == "__main__":
    app.run(errors.one_line(main))
