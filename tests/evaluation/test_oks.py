import contextlib
import dataclasses
import io
import json

import numpy as np
import pytest
from pycocotools import coco
from pycocotools import cocoeval

from deeppose_tf.evaluation import oks
from deeppose_tf.evaluation.cascade_predictions import CascadePredictions
from deeppose_tf.evaluation.predictions import Predictions
from deeppose_tf.geometry import skeletons
from tests.reports.test_comparison import judged


def people(persons=10):
    rng = np.random.default_rng(0)
    truth = rng.uniform(0, 200, (persons, 17, 2))
    return truth, np.ones((persons, 17), bool), np.full(persons, 40000.0)


def test_right_poses_have_precision_1_and_wrong_ones_0():
    truth, labeled, areas = people()
    images = np.arange(10)
    # COCO samples precision at recalls, so a hundredth may be missing.
    found, ends = oks.average_precision(
        Predictions(truth, truth, labeled), areas, images
    )
    assert found == pytest.approx(1.0)
    assert ends == pytest.approx([1.0, 1.0])
    found, ends = oks.average_precision(
        Predictions(truth + 1000.0, truth, labeled), areas, images
    )
    assert found == 0.0
    assert ends == [0.0, 0.0]


def test_half_right_with_the_right_ones_first():
    truth, labeled, areas = people()
    joints = truth.copy()
    joints[5:] += 1000.0
    ranks = np.arange(10)[::-1] / 10
    found, (low, high) = oks.average_precision(
        Predictions(joints, truth, labeled), areas, np.arange(10), ranks
    )
    # Precision is 1 at the recalls 0, 0.01 ... 0.5 and 0 beyond: 51 of 101.
    assert found == pytest.approx(51 / 101)
    assert low < found < high


def test_unlabeled_joints_and_people_without_area_change_nothing():
    truth, labeled, areas = people()
    joints = truth.copy()
    labeled[:, 3], labeled[7] = False, False
    joints[:, 3] += 99.0
    joints[8] += 999.0
    areas[8] = 0.0
    images = np.arange(10)
    found, _ = oks.average_precision(
        Predictions(joints, truth, labeled), areas, images
    )
    assert found == pytest.approx(1.0)


def test_nobody_counts_as_0():
    truth, labeled, areas = people()
    assert oks.average_precision(
        Predictions(truth, truth, labeled), 0 * areas, np.arange(10)
    ) == (0.0, [0.0, 0.0])


def test_coco_s_own_evaluation_agrees_on_real_people(real_data):
    path = real_data / "coco_mini/annotations/person_keypoints_val2017.json"
    if not path.exists():
        pytest.skip(f"{path}: missing")
    source = json.loads(path.read_text())
    source["annotations"] = [
        person
        for person in source["annotations"]
        if person["num_keypoints"] and not person["iscrowd"]
    ]
    persons = source["annotations"]
    points = np.array([p["keypoints"] for p in persons], float)
    points = points.reshape(-1, 17, 3)
    areas = np.array([p["area"] for p in persons])
    images = np.array([p["image_id"] for p in persons])
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(len(persons), 17, 2)) * 0.05
    joints = points[..., :2] + noise * np.sqrt(areas)[:, None, None]
    ranks = rng.uniform(size=len(persons))
    with contextlib.redirect_stdout(io.StringIO()):
        expected = _official(source, joints, images, ranks)
    found, (low, high) = oks.average_precision(
        Predictions(joints, points[..., :2], points[..., 2] > 0),
        areas,
        images,
        ranks,
    )
    assert 0.3 < found < 0.9
    assert found == pytest.approx(expected, abs=1e-6)
    assert low < found < high


def _official(source, joints, images, ranks):
    truth = coco.COCO()
    truth.dataset = source
    truth.createIndex()
    ones = np.ones((17, 1))
    found = truth.loadRes(
        [
            {
                "image_id": int(images[i]),
                "category_id": 1,
                "keypoints": np.hstack([joints[i], ones]).ravel().tolist(),
                "score": float(ranks[i]),
            }
            for i in range(len(joints))
        ]
    )
    official = cocoeval.COCOeval(truth, found, "keypoints")
    official.evaluate()
    official.accumulate()
    official.summarize()
    return official.stats[0]


def of_coco():
    """Ten people, the first half right and with the higher scores."""
    truth, labeled, areas = people()
    joints = truth.copy()
    joints[5:] += 1000.0
    sure = np.tile(np.linspace(1.0, 0.1, 10)[:, None], (1, 17))
    return CascadePredictions(
        **vars(judged(0.1, persons=10))
        | {
            "joints": joints[:, None],
            "scores": sure,
            "truth": truth,
            "labeled": labeled,
            "areas": areas,
            "mean_pose": np.zeros((17, 2)),
        }
    )


def test_judged_people_of_coco_rank_by_their_scores():
    results = of_coco().results(skeletons.COCO)
    figures = results["stage 1"]["figures"]
    assert figures["oks_ap"] == pytest.approx(51 / 101)
    low, high = results["stage 1"]["intervals"]["oks_ap"]
    assert low < 51 / 101 < high


def test_only_coco_s_people_with_areas_are_judged_so():
    assert of_coco().has_oks(skeletons.COCO)
    assert not of_coco().has_oks(skeletons.LSP)
    none = dataclasses.replace(of_coco(), areas=np.zeros(10))
    assert not none.has_oks(skeletons.COCO)
    assert "oks_ap" not in none.results(skeletons.COCO)["stage 1"]["figures"]
