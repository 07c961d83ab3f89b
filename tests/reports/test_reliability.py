import dataclasses

import numpy as np
import pytest

from deeppose_tf.data import dataset
from deeppose_tf.evaluation import evaluator
from deeppose_tf.geometry import skeletons
from deeppose_tf.reports import reliability
from deeppose_tf.serving import saved_models
from tests.launcher import run
from tests.reports.test_comparison import judged
from tests.tiny import train

LSP = skeletons.LSP


def test_groups_by_hand():
    people = judged(0.1, persons=10)
    # Half of the people off by 0.1 diameters and sure of it, half by 0.3.
    off = np.repeat([5.0, 15.0], 5)[:, None, None] * [1.0, 0.0]
    people = dataclasses.replace(
        people,
        joints=(people.truth + off)[:, None],
        scores=np.repeat(np.repeat([0.9, 0.2], 5)[:, None], 14, axis=1),
    )
    found = reliability.measure(people, LSP)
    assert found.rank_correlation == pytest.approx(-1.0)
    assert [group.joints for group in found.groups] == [28] * 5
    lowest, highest = found.groups[0], found.groups[-1]
    assert (lowest.score, lowest.right) == (pytest.approx(0.2), 0.0)
    assert (highest.score, highest.right) == (pytest.approx(0.9), 1.0)
    assert lowest.error == pytest.approx(0.3, abs=1e-5)
    assert found.rows()[1][0] == "0.90 to 0.90"


def test_scores_that_are_all_alike_tell_nothing():
    assert reliability.measure(judged(0.1), LSP) is None


@pytest.mark.slow(90)
def test_a_higher_score_means_a_smaller_error_on_held_out_people(tmp_path):
    """Of a real, small training: two stages on drawn people."""
    source, records_dir = tmp_path / "people", tmp_path / "records"
    for program, *arguments in (
        (
            "data_prep.synthesize_lsp",
            f"--output_dir={source}",
            "--people=240",
        ),
        (
            "data_prep.build_lsp",
            f"--source={source}",
            f"--output_dir={records_dir}",
            *("--test_fraction=0.3", "--val_fraction=0.2"),
        ),
    ):
        done = run(program, *arguments)
        assert done.returncode == 0, done.stderr
    more = (
        *("--network=compact", "--steps=400", "--eval_every=400"),
        "--batch_size=16",
    )
    for stage, previous in (
        (1, ()),
        (2, ("--stage=2", f"--previous={tmp_path / 'stage1'}")),
    ):
        done = train(tmp_path / f"stage{stage}", records_dir, *more, *previous)
        assert done.returncode == 0, done.stderr
    data = dataset.load(str(records_dir))
    model = saved_models.load(str(tmp_path / "exported"))
    people = evaluator.evaluate(model, data, "test")
    found = reliability.measure(people, data.skeleton)
    # Three standard errors of about 900 joints that have nothing in common.
    assert found.rank_correlation < -0.1
    assert found.groups[-1].error < found.groups[0].error
    assert found.groups[-1].right > found.groups[0].right
