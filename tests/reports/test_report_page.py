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


def test_the_page_says_what_must_not_be_overlooked(records_dir, tmp_path):
    data = dataset.load(records_dir)
    people = judged(0.1, persons=data.splits["test"].persons)
    path, curves = tmp_path / "report.html", tmp_path / "pdj.png"
    Figure().savefig(curves)
    report_page.write(
        path,
        Evaluation(
            model=None,
            data=data,
            split="test",
            skeleton=data.skeleton,
            predictions=people,
            results=people.results(data.skeleton),
            gains={},
            warnings=["stage 2 is worse"],
        ),
        protocol=["Two <people>"],
        reliability=reliability.Reliability(
            [reliability.Group(0.1, 0.9, 7, 0.5, 0.625, 0.25)], -0.75
        ),
        curves=curves,
    )
    page = path.read_text()
    assert '<p class="worse">stage 2 is worse</p>' in page
    assert "Two &lt;people&gt;" in page
    assert "in a box of 1.5" in page
    assert "-0.75" in page
    assert "<td>0.10 to 0.90</td>" in page
