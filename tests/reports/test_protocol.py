import dataclasses
import types

from deeppose_tf.data import dataset
from deeppose_tf.reports import protocol
from deeppose_tf.reports.evaluation import Evaluation
from tests.reports.test_comparison import judged


def test_the_torso_is_that_of_the_skeleton(records_dir):
    data = dataset.load(records_dir)
    skeleton = dataclasses.replace(data.skeleton, torso=("neck", "left_hip"))
    people = judged(0.1, persons=data.splits["test"].persons)
    evaluation = Evaluation(
        model=types.SimpleNamespace(
            path="made/1", metadata={"stages": []}, skeleton=skeleton
        ),
        data=data,
        split="test",
        skeleton=skeleton,
        predictions=people,
        results=people.results(skeleton),
        gains={},
        warnings=[],
    )
    said = "\n".join(protocol.sentences(evaluation))
    assert "their neck or left hip is unlabeled" in said
    assert "true torso diameter (neck to left hip)" in said
    assert "box around neck, left hip, right hip, on persons" in said
    assert "shoulder or" not in said
