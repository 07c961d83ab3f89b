"""Judges an exported cascade on people it never saw.

python -m deeppose_tf.evaluate --model=saved_models/lsp --data_dir=data/lsp \
    --split=test --output_dir=reports/lsp
"""

import pathlib

from absl import app
from absl import flags

from deeppose_tf import charts
from deeppose_tf import comparison
from deeppose_tf import dataset
from deeppose_tf import errors
from deeppose_tf import evaluation
from deeppose_tf import exports
from deeppose_tf import json_files
from deeppose_tf import report
from deeppose_tf import tables

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
    """Prints the tables; writes metrics.json, report.html and the rest."""
    errors.refuse_arguments(argv)
    data = dataset.load(_DATA_DIR.value)
    data.split(_SPLIT.value)
    before = _COMPARE.value and evaluation.load(pathlib.Path(_COMPARE.value))
    model = exports.load(_MODEL.value)
    judged = evaluation.judge(model, data, _SPLIT.value)
    compared = before and {
        "one": str(model.path),
        "other": _COMPARE.value,
        **comparison.compare(judged, before, data.skeleton),
    }
    results = judged.results(data.skeleton)
    folder = pathlib.Path(_OUTPUT_DIR.value)
    _write(folder, model, data, judged, results, compared)
    print(tables.full(results), "\n", tables.short(results), sep="\n")
    for sentence in report.worse_stages(results):
        print(f"\nWARNING: {sentence}")
    if compared:
        print("\nthe other:", _COMPARE.value)
        print(tables.compared(compared["rows"]))
    print(f"\nreport:         {folder / 'report.html'}")
    print(f"report picture: {folder / 'pdj.png'}")
    print(f"all numbers:    {folder / 'metrics.json'}")


def _write(folder, model, data, judged, results, compared):
    folder.mkdir(parents=True, exist_ok=True)
    protocol = _protocol(model, data, judged, results)
    values = {
        "model": str(model.path),
        "data": data.path,
        "split": _SPLIT.value,
        "box": data.box,
        "words": protocol,
    }
    json_files.save(
        folder / "metrics.json",
        {"protocol": values, "results": results, "comparison": compared},
    )
    evaluation.save(judged, folder)
    curves = charts.pdj_curves(results, protocol[0])
    curves.savefig(folder / "pdj.png", dpi=120)
    report.write(
        folder / "report.html",
        results=results,
        judged=judged,
        data=data,
        split=_SPLIT.value,
        protocol=protocol,
        curves=curves,
        comparison=compared,
    )


def _protocol(model, data, judged, results):
    """What was judged and how, in sentences."""
    counts = results[evaluation.MEAN_POSE]
    figures, left_out = counts["figures"], counts["persons_without_torso"]
    box = data.box
    shape = "square" if box["square"] else "not square"
    kind = {"image": "the whole image", "joints": "around the true joints"}
    return [
        f"PDJ on {counts['persons'] - left_out} {_SPLIT.value} persons of "
        f"{data.path}; box: {kind[box['kind']]} x {box['scale']:g}, {shape}",
        f"model: {model.path}",
        f"{left_out} of {counts['persons']} persons are left out of PDJ, of "
        "its area, of errors in diameters and of the swap rate: their left "
        "shoulder or right hip is unlabeled",
        "PDJ: closer to the truth than a share of the true torso diameter "
        "(left shoulder to right hip)",
        "PCP at 0.5: strict wants both ends of a limb within half its length, "
        "relaxed the mean of both; means over 4 limb kinds, over 6 with torso "
        "and head, and over 10 parts; torso: its two sides, shoulder to hip",
        "PCK at 0.2 of the longer side of the box around shoulders and hips"
        + ("; PCKh at 0.5 of the head size" if "pckh@0.5" in figures else ""),
        "left and right exchanged: share of persons whose PDJ@0.2 rises when "
        "the prediction's left and right change places",
        "mean pose: the mean of the labeled training joints, for everybody",
        *_about_oks(figures, judged.has_oks(data.skeleton)),
    ]


def _about_oks(figures, wanted):
    if "oks_ap" in figures:
        return [
            "OKS average precision: COCO's, by faster-coco-eval, on persons "
            "with joints; all predictions rank alike, which costs precision; "
            "interval from random halves of the images"
        ]
    if wanted:
        return [
            "OKS average precision is left out: install faster-coco-eval, or "
            "the extra [coco]"
        ]
    return []


if __name__ == "__main__":
    app.run(errors.one_line(main))
