"""Judges an exported cascade on people it never saw.

python -m deeppose_tf.evaluate --model=saved_models/lsp --data_dir=data/lsp \
    --split=test --output_dir=reports/lsp
"""

import itertools
import pathlib

from absl import app
from absl import flags

from deeppose_tf import charts
from deeppose_tf import comparison
from deeppose_tf import dataset
from deeppose_tf import differences
from deeppose_tf import errors
from deeppose_tf import evaluation
from deeppose_tf import json_files
from deeppose_tf import report
from deeppose_tf import saved_models
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
        before = evaluation.load(pathlib.Path(_COMPARE.value))
    model = saved_models.load(_MODEL.value)
    judged = evaluation.judge(model, data, _SPLIT.value)
    compared = None
    if before is not None:
        compared = {
            "one": str(model.path),
            "other": _COMPARE.value,
            **comparison.compare(judged, before, data.skeleton),
        }
    results = judged.results(data.skeleton)
    warnings = _worse_stages(model, judged, data)
    _write(folder, model, data, judged, results, warnings, compared)
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


def _worse_stages(model, judged, data):
    """A sentence for each stage that made it worse, here or in validation."""
    sentences = []
    for stage, rows in comparison.gains(judged, data.skeleton).items():
        row = rows.get("pdj@0.2")
        if row and row["difference"] < 0:
            sentences.append(
                f"{stage} is worse than the stage before on these people: "
                f"PDJ@0.2 {differences.in_words(row)}"
            )
    known = model.metadata.get("validation_pdj@0.2", [])
    for i, (old, new) in enumerate(itertools.pairwise(known)):
        if old is not None and new is not None and new < old:
            sentences.append(
                f"stage {i + 2} was worse than the stage before on the "
                f"validation people: PDJ@0.2 {new:.3f} after {old:.3f}"
            )
    return sentences


def _write(folder, model, data, judged, results, warnings, compared):
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
        {
            "protocol": values,
            "results": results,
            "comparison": compared,
            "warnings": warnings,
        },
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
        warnings=warnings,
        compared=compared,
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
        f"{data.name} ({data.path}); box: {kind[box['kind']]} x "
        f"{box['scale']:g}, {shape}",
        f"model: {model.path}",
        *map(_about_stage, model.metadata["stages"]),
        f"{left_out} of {counts['persons']} persons are left out of PDJ, of "
        "its area, of errors in diameters and of the swap rate: their left "
        "shoulder or right hip is unlabeled",
        "PDJ: closer to the truth than a share of the true torso diameter "
        "(left shoulder to right hip)",
        "PCP at 0.5: strict wants both ends of a limb within half its length, "
        "relaxed the mean of both; means over 4 limb kinds, over 6 with torso "
        "and head, and over 10 parts; torso: its two sides, shoulder to hip",
        "PCK at 0.2 of the longer side of the box around shoulders and hips, "
        "on persons with all four of them labeled; PCP on limbs with both ends "
        "labeled"
        + ("; PCKh at 0.5 of the head size" if "pckh@0.5" in figures else ""),
        "left and right exchanged: share of persons whose PDJ@0.2 rises when "
        "the prediction's left and right change places",
        "mean pose: the mean of the labeled training joints, for everybody",
        *_about_oks(figures, judged.has_oks(data.skeleton)),
    ]


def _about_stage(stage):
    box = (
        f"boxes of {stage['sigma']:g} torso diameters"
        if stage["sigma"]
        else "the first box"
    )
    return (
        f"stage {stage['stage']}: {stage['network']} with head "
        f"{stage['head']} at {stage['image_size']} pixels, {box}"
    )


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
