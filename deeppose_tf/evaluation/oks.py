"""COCO's average precision by object keypoint similarity (OKS).

Computed by the package faster-coco-eval (extra `coco`), with the falloff of
each of COCO's 17 joints: other skeletons have none.
"""

import numpy as np

from deeppose_tf import extras

PACKAGE = "faster_coco_eval"
_CATEGORY = {"id": 1, "name": "person"}
_DRAWS = 30


def average_precision(
    joints: np.ndarray,
    truth: np.ndarray,
    labeled: np.ndarray,
    areas: np.ndarray,
    image_ids: np.ndarray,
    scores: np.ndarray | None = None,
) -> tuple[float, list[float]]:
    """AP over OKS 0.50, 0.55 ... 0.95, and the ends of its 95% interval.

    The interval comes from random halves of the images: without replacement
    half of them vary as much as a bootstrap of all does, and no image need be
    counted twice, which COCO's evaluation cannot do.

    Args:
        joints: float [persons, 17, 2], predictions in pixels.
        truth: float [persons, 17, 2], pixels.
        labeled: bool [persons, 17].
        areas: float [persons], of the segment, square pixels; persons with 0
            are left out.
        image_ids: [persons], which persons share an image.
        scores: float [persons], confidence that ranks predictions; None makes
            them equal, which costs average precision.

    Returns:
        AP and [low, high]; zeros where no person counts.

    Raises:
        InputError: faster-coco-eval is not installed.
    """
    use = labeled.any(axis=1) & (areas > 0)
    if not use.any():
        return 0.0, [0.0, 0.0]
    numbers = np.unique(image_ids[use], return_inverse=True)[1] + 1
    ranks = np.ones(use.sum()) if scores is None else scores[use]
    evaluation = _evaluation(
        _annotations(truth[use], labeled[use], areas[use], numbers),
        _detections(joints[use], ranks, numbers),
    )
    images = np.unique(numbers)
    rng = np.random.default_rng(0)
    half = max(1, len(images) // 2)
    halves = [
        _of_images(evaluation, rng.choice(images, half, replace=False))
        for _ in range(_DRAWS)
    ]
    found = _of_images(evaluation, images)
    # So few draws give a deviation, but no percentiles.
    ends = found + 1.96 * np.std(halves) * np.array([-1.0, 1.0])
    return found, np.clip(ends, 0.0, 1.0).tolist()


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
    found = truth.loadRes(detections)
    return package.COCOeval_faster(truth, found, "keypoints")


def _of_images(evaluation, images):
    evaluation.params.imgIds = [int(image) for image in images]
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    # -1 stands for nothing to count.
    return max(0.0, float(evaluation.stats[0]))
