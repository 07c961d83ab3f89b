import dataclasses

import numpy as np
import pytest

from deeppose_tf.evaluation import stage_predictions
from deeppose_tf.geometry import skeletons
from deeppose_tf.models import stage_specs
from deeppose_tf.runs import stage_results

LSP = skeletons.LSP
SPEC = stage_specs.StageSpec(
    stage=2,
    skeleton=LSP,
    network="compact",
    head="fc",
    image_size=64,
    sigma=2.0,
    refiner="shared",
    previous="../stage1",
)


def predicted(wrong_of_14, persons=50):
    """Right joints, but the first ones of each person are a torso off."""
    truth = np.zeros((persons, 14, 2), np.float32)
    truth[:, LSP.index("right_hip")] = [0.3, 0.4]  # Torso diameter 0.5.
    joints = truth.copy()
    joints[:, :wrong_of_14] += 0.5
    return stage_predictions.StagePredictions(
        person_ids=np.arange(persons).astype("S"),
        joints=joints,
        truth=truth,
        labeled=np.ones((persons, 14), bool),
        box=np.tile([50.0, 50.0, 100.0, 100.0], (persons, 1)),
    )


@pytest.mark.parametrize(
    "split,people", [("val", "validation"), ("train", "training")]
)
def test_a_stage_that_makes_it_worse_is_named(split, people):
    by_stage = [predicted(0), predicted(7)]
    sentence = stage_results.worse(SPEC, by_stage, split)
    assert sentence.startswith("STAGE 2 IS WORSE THAN STAGE 1")
    assert f"{people} PDJ@0.2 0.500 after 1.000" in sentence
    assert "chance" not in sentence


def test_no_word_of_a_stage_that_helps_or_has_none_before():
    better = [predicted(7), predicted(0)]
    assert stage_results.worse(SPEC, better, "val") is None
    first = dataclasses.replace(
        SPEC, stage=1, sigma=None, refiner=None, previous=None
    )
    assert stage_results.worse(first, [predicted(7)], "val") is None
