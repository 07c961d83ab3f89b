import dataclasses
import re
import types

import numpy as np
from matplotlib.figure import Figure

from deeppose_tf.data import dataset
from deeppose_tf.geometry import skeletons
from deeppose_tf.reports import comparison
from deeppose_tf.reports import reliability
from deeppose_tf.reports import report_page
from deeppose_tf.reports.evaluation import Evaluation
from tests.reports.test_comparison import judged


def test_a_stage_that_loses_shows_its_loss():
    good, bad = judged(0.05), judged(0.5)
    both = np.concatenate([good.joints, bad.joints], axis=1)
    people = type(good)(**vars(good) | {"joints": both})
    gains = comparison.gains(people, skeletons.LSP)
    assert set(gains) == {"stage 2"}
    row = gains["stage 2"]["pdj@0.2"]
    assert row["other"] == 1.0
    assert row["difference"] == row["one"] - 1.0 < 0
    assert row["interval"][1] < 0


def written(data, folder, **more):
    """The page of an evaluation of made-up predictions."""
    people = judged(0.1, persons=data.splits["test"].persons)
    path, curves = folder / "report.html", folder / "pdj.png"
    Figure().savefig(curves)
    model = types.SimpleNamespace(
        path="saved_models/made/1", metadata={"commit": "0123abc-dirty"}
    )
    evaluation = Evaluation(
        model=model,
        data=data,
        split="test",
        skeleton=data.skeleton,
        predictions=people,
        results=people.results(data.skeleton),
        gains={},
        warnings=["stage 2 is worse"],
        command="python -m deeppose_tf.evaluate --x='a b'",
        date="2026-11-28 03:40 UTC",
    )
    report_page.write(
        path,
        dataclasses.replace(evaluation, **more),
        protocol=["Two <people>"],
        reliability=reliability.Reliability(
            [reliability.Group(0.1, 0.9, 7, 0.5, 0.625, 0.25)], -0.75
        ),
        curves=curves,
    )
    return path.read_text()


def test_the_page_says_what_must_not_be_overlooked(records_dir, tmp_path):
    page = written(dataset.load(records_dir), tmp_path)
    assert '<p class="worse">stage 2 is worse</p>' in page
    assert "Two &lt;people&gt;" in page
    assert "in a box of 1.5" in page
    assert "-0.75" in page
    assert "<td>0.10 to 0.90</td>" in page


def test_the_page_says_what_was_evaluated_when_and_how(records_dir, tmp_path):
    page = written(dataset.load(records_dir), tmp_path)
    about = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page))
    assert about == {
        "model": "saved_models/made/1",
        "exported by commit": "0123abc-dirty",
        "evaluated": "2026-11-28 03:40 UTC",
        "command": "<code>python -m deeppose_tf.evaluate "
        "--x=&#39;a b&#39;</code>",
    }
    older = types.SimpleNamespace(path="m/1", metadata={})
    page = written(dataset.load(records_dir), tmp_path, model=older)
    assert "exported by commit" not in page


def test_the_contents_list_every_section_that_is_there(records_dir, tmp_path):
    page = written(dataset.load(records_dir), tmp_path)
    listed = re.findall(r'<a href="#(\w+)">(.*?)</a>', page)
    assert listed == re.findall(r'<h2 id="(\w+)">(.*?)</h2>', page)
    assert len(listed) == 8
    assert "baseline" not in dict(listed)


def test_the_paper_s_columns_are_for_lsp_s_skeleton_alone(
    records_dir, tmp_path
):
    data = dataset.load(records_dir)
    assert "as reported" in written(data, tmp_path)
    # Somebody's own skeleton of the same name, with a limb less.
    other = dataclasses.replace(data.skeleton, limbs=data.skeleton.limbs[:-1])
    assert "as reported" not in written(data, tmp_path, skeleton=other)
