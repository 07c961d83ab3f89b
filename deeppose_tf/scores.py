"""One model's numbers on a set of people, in the form of metrics.json."""

import numpy as np

from deeppose_tf import boxes
from deeppose_tf import metrics
from deeppose_tf.skeletons import Skeleton

# The four limb kinds whose mean the paper's tables give.
FOUR_LIMBS = ("upper_arm", "lower_arm", "upper_leg", "lower_leg")


def score(
    joints: np.ndarray,
    truth: np.ndarray,
    labeled: np.ndarray,
    skeleton: Skeleton,
) -> dict:
    """PDJ and PCP of one set of predictions.

    Args:
        joints: float [people, joints, 2], pixels.
        truth: float [people, joints, 2], pixels.
        labeled: bool [people, joints].
        skeleton: of the joints.

    Returns:
        persons, persons_without_torso (left out of PDJ), pdj by threshold, with
        the mean over all labeled joints and each joint; pcp strict and relaxed,
        each limb kind and the mean of the four.
    """
    # The strict torso: PDJ never falls back to the other diagonal.
    diameters = boxes.diameter(truth, labeled, skeleton.torsos[:1]).numpy()
    counted = labeled & (diameters > 0)[:, None]
    pdj = {}
    for threshold in metrics.THRESHOLDS:
        hits = metrics.pdj_hits(joints, truth, diameters, threshold)
        each = metrics.share(hits, counted, axis=0)
        named = dict(zip(skeleton.joints, each.tolist(), strict=True))
        mean = float(metrics.share(hits, counted))
        pdj[str(threshold)] = {"mean": mean, **named}
    return {
        "persons": len(joints),
        "persons_without_torso": int((diameters == 0).sum()),
        "pdj": pdj,
        "pcp_strict": _pcp(joints, truth, labeled, skeleton, strict=True),
        "pcp_relaxed": _pcp(joints, truth, labeled, skeleton, strict=False),
    }


def _pcp(joints, truth, labeled, skeleton, strict):
    limbs = skeleton.limb_indices
    hits = metrics.pcp_hits(joints, truth, limbs, strict)
    a, b = np.transpose(limbs)
    counted = labeled[:, a] & labeled[:, b]
    kinds = np.array([kind for kind, _, _ in skeleton.limbs])
    result = {
        str(kind): float(
            metrics.share(hits[:, kinds == kind], counted[:, kinds == kind])
        )
        for kind in dict.fromkeys(kinds)
    }
    four = [result[kind] for kind in FOUR_LIMBS if kind in result]
    return {"mean_of_four": float(np.mean(four)) if four else 0.0, **result}


def pdj_at(result: dict, threshold: float) -> float:
    """The mean PDJ of `score`'s result at one of `metrics.THRESHOLDS`."""
    return result["pdj"][str(threshold)]["mean"]
