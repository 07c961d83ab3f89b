"""COCO's average precision by object keypoint similarity (OKS).

The package faster-coco-eval (extra `coco`) computes it. OKS needs a falloff for
each joint, which is published for COCO's 17 joints only.
"""

import numpy as np

from deeppose_tf import extras
from deeppose_tf.evaluation.predictions import Predictions

PACKAGE = "faster_coco_eval"
_CATEGORY = {"id": 1, "name": "person"}
_DRAWS = 30


def average_precision(
    predictions: Predictions,
    areas: np.ndarray,
    image_ids: np.ndarray,
    scores: np.ndarray | None = None,
) -> tuple[float, list[float]]:
    """AP over OKS 0.50, 0.55 ... 0.95, and the ends of its 95% interval.

    The interval comes from random halves of the images, which vary as much as
    bootstrap draws do; those would hold images twice, which COCO's evaluation
    does not allow.

    Args:
        predictions: predicted and true joints, the 17 of COCO.
        areas: float [persons], of the segment, square pixels; persons with 0
            are left out.
        image_ids: [persons], equal for persons of the same image.
        scores: float [persons], confidence, to rank predictions; None ranks
            all equal, which lowers average precision.

    Returns:
        AP and [low, high]; zeros where no person counts.

    Raises:
        InputError: faster-coco-eval is not installed.
    """
    use = predictions.labeled.any(axis=1) & (areas > 0)
    if not use.any():
        return 0.0, [0.0, 0.0]
    counted = predictions.rows(use)
    numbers = np.unique(image_ids[use], return_inverse=True)[1] + 1
    ranks = np.ones(use.sum()) if scores is None else scores[use]
    evaluation = _evaluation(
        _annotations(counted.truth, counted.labeled, areas[use], numbers),
        _detections(counted.joints, ranks, numbers),
    )
    images = np.unique(numbers)
    precision = _of_images(evaluation, images)
    # 30 draws are enough for a standard deviation, too few for percentiles.
    deviation = np.std(_of_halves(evaluation, images))
    ends = precision + 1.96 * deviation * np.array([-1.0, 1.0])
    return precision, np.clip(ends, 0.0, 1.0).tolist()


def _annotations(truth, labeled, areas, numbers):
    """The truth in the form of COCO's person_keypoints files."""
    flags = np.where(labeled, 2, 0)[..., None]
    points = np.concatenate([np.where(labeled[..., None], truth, 0), flags], -1)
    people = [
        {
            "id": i + 1,
            "image_id": int(numbers[i]),
            "category_id": 1,
            "keypoints": points[i].ravel().tolist(),
            "num_keypoints": int(labeled[i].sum()),
            "area": float(areas[i]),
            "bbox": _bounds(truth[i][labeled[i]]),
            "iscrowd": 0,
        }
        for i in range(len(truth))
    ]
    images = [{"id": int(number)} for number in np.unique(numbers)]
    return {"images": images, "categories": [_CATEGORY], "annotations": people}


def _bounds(points):
    low, high = points.min(axis=0), points.max(axis=0)
    return [float(value) for value in (*low, *(high - low))]


def _detections(joints, ranks, numbers):
    ones = np.ones((*joints.shape[:2], 1))
    points = np.concatenate([joints, ones], axis=-1)
    return [
        {
            "image_id": int(numbers[i]),
            "category_id": 1,
            "keypoints": points[i].ravel().tolist(),
            "score": float(ranks[i]),
        }
        for i in range(len(joints))
    ]


def _evaluation(annotations, detections):
    package = extras.load(
        PACKAGE, wanted_by="average precision (OKS)", extra="coco"
    )
    truth = package.COCO(annotations)
    predictions = truth.loadRes(detections)
    return package.COCOeval_faster(truth, predictions, "keypoints")


def _of_halves(evaluation, images):
    """AP on random halves of the images."""
    rng = np.random.default_rng(0)
    half = max(1, len(images) // 2)
    return [
        _of_images(evaluation, rng.choice(images, half, replace=False))
        for _ in range(_DRAWS)
    ]


def _of_images(evaluation, images):
    evaluation.params.imgIds = [int(image) for image in images]
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    # COCO's evaluation gives -1 where nothing counts.
    return max(0.0, float(evaluation.stats[0]))
