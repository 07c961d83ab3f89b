"""The program `evaluate`, on an export of two stages."""

import csv
import json
import re

import pytest
from PIL import Image

from deeppose_tf import errors
from deeppose_tf.reports import report_files
from tests.launcher import refused
from tests.launcher import run


def test_evaluate_writes_tables_and_a_curve(exported, records_dir, tmp_path):
    done = run(
        "deeppose_tf.evaluate",
        f"--model={exported}",
        f"--data_dir={records_dir}",
        f"--output_dir={tmp_path}",
    )
    assert done.returncode == 0, done.stderr
    for words in ("mean pose", "stage 1", "stage 2", "PDJ@0.2", "PCP"):
        assert words in done.stdout
    values = json.loads((tmp_path / "metrics.json").read_text())
    assert set(values["results"]) == {"mean pose", "stage 1", "stage 2"}
    assert values["comparison"] is None
    with open(tmp_path / "metrics.csv", newline="") as table:
        [row] = [
            row
            for row in csv.DictReader(table)
            if (row["model"], row["metric"]) == ("stage 2", "auc")
            and not row["joint or limb"]
        ]
    stage = values["results"]["stage 2"]
    assert float(row["value"]) == stage["figures"]["auc"]
    ends = [float(row["low"]), float(row["high"])]
    assert ends == stage["intervals"]["auc"]
    with Image.open(tmp_path / "pdj.png") as image:
        assert image.width > 500


@pytest.mark.slow(15)
def test_boxes_may_be_as_wrong_as_a_detector_s(exported, records_dir, tmp_path):
    figures = {}
    for name, flags in {
        "as they are": [],
        "scaled": ["--box_scale=1.5", "--box_shift=0.1"],
        "whole": ["--whole_picture"],
        "both": ["--whole_picture", "--box_shift=0.1"],
    }.items():
        done = run(
            "deeppose_tf.evaluate",
            f"--model={exported}",
            f"--data_dir={records_dir}",
            f"--output_dir={tmp_path / name}",
            *flags,
        )
        if name == "both":
            assert refused(done, "--whole_picture", "leave out --box_scale")
            assert not (tmp_path / name).exists()
            return
        assert done.returncode == 0, done.stderr
        values = json.loads((tmp_path / name / "metrics.json").read_text())
        words = values["protocol"]["words"][0]
        assert ("1.5 times as large, shifted by 0.1" in words) == (
            name == "scaled"
        )
        assert ("saw the whole picture" in words) == (name == "whole")
        figures[name] = values["results"]["stage 2"]["figures"]["auc"]
        mean = values["results"]["mean pose"]["figures"]["auc"]
        figures.setdefault("mean pose", mean)
        # The mean pose stands in the true box.
        assert mean == figures["mean pose"]
    assert len(set(figures.values())) == 4


def test_a_report_stands_alone_and_compares(
    stage1, exported, records_dir, tmp_path
):
    """Two models that have nothing in common, on the same people."""
    for name, model, more in (
        ("1", stage1.parent / "exported" / "1", []),
        ("2", exported, [f"--compare={tmp_path / '1'}"]),
    ):
        done = run(
            "deeppose_tf.evaluate",
            f"--model={model}",
            f"--data_dir={records_dir}",
            f"--output_dir={tmp_path / name}",
            *more,
        )
        assert done.returncode == 0, done.stderr
    assert "difference" in done.stdout
    page = (tmp_path / "2" / "report.html").read_text()
    addresses = re.findall(r'(?:src|href)="([^#].{21})', page)
    # Curves, displacements, three galleries: all inlined.
    assert addresses == [
        *["data:image/png;base64,"] * 2,
        *["data:image/jpeg;base64"] * 3,
    ]
    assert "<code>python -m deeppose_tf.evaluate --model=" in page
    card = json.loads((exported / "1/assets/deeppose.json").read_text())
    told = f"<dt>exported by commit</dt><dd>{card['commit']}</dd>"
    assert (told in page) == bool(card["commit"])
    values = json.loads((tmp_path / "2" / "metrics.json").read_text())
    figure = values["results"]["stage 2"]["figures"]["pdj@0.5"]
    low, high = values["results"]["stage 2"]["intervals"]["pdj@0.5"]
    assert f"{figure:.3f} <small>[{low:.3f}, {high:.3f}]</small>" in page
    rows = values["comparison"]["rows"]
    before = json.loads((tmp_path / "1" / "metrics.json").read_text())
    for name, row in rows.items():
        baseline = before["results"]["stage 1"]["figures"][name]
        change = values["results"]["stage 2"]["figures"][name] - baseline
        assert row["difference"] == pytest.approx(change), name
        assert f"{row['difference']:+.3f} <small>" in page
    assert any(row["difference"] for row in rows.values())
    assert "<th>stage 3, as reported</th>" in page
    assert re.search(r"<td>lower arm</td>.*<td>0.38</td></tr>", page)


@pytest.mark.parametrize("name", ["report.html", "persons.npz", "pdj.png"])
def test_a_file_of_others_is_never_replaced(
    exported, records_dir, tmp_path, name
):
    (tmp_path / name).write_text("mine")
    done = run(
        "deeppose_tf.evaluate",
        f"--model={exported}",
        f"--data_dir={records_dir}",
        f"--output_dir={tmp_path}",
    )
    assert refused(done, f"--output_dir={tmp_path}: {name}", "another folder")
    assert (tmp_path / name).read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_run_folder_s_metrics_are_never_replaced(stage1, records_dir):
    metrics = (stage1 / "metrics.json").read_bytes()
    done = run(
        "deeppose_tf.evaluate",
        f"--model={stage1.parent / 'exported'}",
        f"--data_dir={records_dir}",
        f"--output_dir={stage1}",
    )
    assert refused(done, f"--output_dir={stage1}: metrics.json")
    assert (stage1 / "metrics.json").read_bytes() == metrics
    assert not (stage1 / "report.html").exists()


@pytest.mark.parametrize(
    "metrics, ours",
    [
        ('{"protocol": {}}', True),
        ('{"results": {}}', False),
        ('["protocol"]', False),
        ('"protocol"', False),
        ("{", False),
    ],
)
def test_only_an_earlier_report_is_replaced(tmp_path, metrics, ours):
    report_files.check(tmp_path / "new")
    report_files.check(tmp_path)
    (tmp_path / "notes.txt").write_text("They stay.")
    report_files.check(tmp_path)
    (tmp_path / "metrics.json").write_text(metrics)
    (tmp_path / "report.html").write_text("")
    if ours:
        report_files.check(tmp_path)
        return
    with pytest.raises(errors.InputError, match="metrics.json there is of no"):
        report_files.check(tmp_path)
