"""Metrics of each person, and their sums over people.

A `PersonMetric` holds, for each person and item (a joint, a limb), a value and
whether it counts. Every metric is a ratio of sums over people, so batches and
replicas can be added in any order, and people can be resampled for intervals.
"""

import dataclasses

import numpy as np

from deeppose_tf.evaluation import metrics
from deeppose_tf.evaluation.predictions import Predictions
from deeppose_tf.geometry import torso
from deeppose_tf.geometry.skeletons import Skeleton


@dataclasses.dataclass(frozen=True, eq=False)
class PersonMetric:
    """One metric on a set of persons.

    Attributes:
        items: names of the columns, e.g. of joints.
        value: float64 [persons, items], 0 where not counted.
        counted: bool [persons, items], or int: the number of summed values.
    """

    items: tuple[str, ...]
    value: np.ndarray
    counted: np.ndarray


def measure(
    predictions: Predictions,
    skeleton: Skeleton,
    head_sizes: np.ndarray | None = None,
) -> dict[str, PersonMetric]:
    """Every metric of predictions, by name.

    Args:
        predictions: predicted and true joints.
        skeleton: of the joints.
        head_sizes: float [people], pixels, 0 where unknown; None leaves out
            PCKh.

    Returns:
        pdj@0.05 ... pdj@0.5, auc, pck@0.2, pckh@0.5 (with head sizes),
        error_diameters and error_pixels by joint; pcp_strict and pcp_relaxed
        by limb; swap_rate by person; pdj_pairs@0.2 of all joints that have a
        left and a right, if the skeleton has other joints too.
    """
    diameters, counted = _diameters(predictions, skeleton)
    joints, truth = predictions.joints, predictions.truth
    swapped = metrics.is_swapped(
        joints, truth, counted, diameters, skeleton.mirror
    )
    return {
        **pdj(predictions, skeleton, metrics.THRESHOLDS),
        **_joints(predictions, diameters, counted, skeleton, head_sizes),
        **_pairs(predictions, diameters, counted, skeleton),
        **_limbs(predictions, skeleton),
        "swap_rate": _person_metric(
            ("person",), swapped[:, None], counted.any(axis=1)[:, None]
        ),
    }


def _joints(predictions, diameters, counted, skeleton, head_sizes):
    """The metrics by joint, without PDJ."""
    joints, truth = predictions.joints, predictions.truth
    labeled, distance = predictions.labeled, predictions.distances()
    sizes = metrics.torso_box(truth, labeled, skeleton.torso_corners)
    values = {
        "auc": (metrics.area_under_pdj(joints, truth, diameters), counted),
        "error_diameters": (distance / diameters[:, None], counted),
        "error_pixels": (distance, labeled),
        "pck@0.2": _pck(predictions, sizes, 0.2),
    }
    if head_sizes is not None and head_sizes.any():
        values["pckh@0.5"] = _pck(predictions, head_sizes, 0.5)
    return {
        name: _person_metric(skeleton.joints, value, is_counted)
        for name, (value, is_counted) in values.items()
    }


def _pairs(predictions, diameters, counted, skeleton):
    """PDJ of paired joints: of LSP all but neck and head top, the easiest."""
    paired = [i for i, j in enumerate(skeleton.mirror) if i != j]
    if not 0 < len(paired) < len(skeleton.joints):
        return {}
    hits = counted & metrics.pdj_hits(
        predictions.joints, predictions.truth, diameters, 0.2
    )
    metric = _person_metric(
        ("paired joints",),
        hits[:, paired].sum(axis=1, keepdims=True),
        counted[:, paired].sum(axis=1, keepdims=True),
    )
    return {"pdj_pairs@0.2": metric}


def pdj(
    predictions: Predictions, skeleton: Skeleton, thresholds
) -> dict[str, PersonMetric]:
    """PDJ by joint at each threshold (diameters), by name."""
    diameters, counted = _diameters(predictions, skeleton)
    return {
        f"pdj@{threshold:g}": _person_metric(
            skeleton.joints,
            metrics.pdj_hits(
                predictions.joints, predictions.truth, diameters, threshold
            ),
            counted,
        )
        for threshold in thresholds
    }


def torso_distance(predictions: Predictions, skeleton: Skeleton) -> np.ndarray:
    """Distance to the truth in torso diameters, float [people, joints].

    Infinite where a joint does not count for PDJ.
    """
    diameters, counted = _diameters(predictions, skeleton)
    distances = predictions.distances() / diameters[:, None]
    return np.where(counted, distances, np.inf)


def _diameters(predictions, skeleton):
    """Torso diameters, 1 where there is none, and which joints count."""
    truth, labeled = predictions.truth, predictions.labeled
    # The strict torso: PDJ never falls back to the other diagonal.
    diameters = torso.diameter(truth, labeled, skeleton.torsos[:1]).numpy()
    counted = labeled & (diameters > 0)[:, None]
    return np.where(diameters > 0, diameters, 1.0), counted


def _person_metric(items, value, counted):
    return PersonMetric(items, np.where(counted, value, 0.0), counted)


def _pck(predictions, sizes, threshold):
    hits = metrics.pck_hits(
        predictions.joints, predictions.truth, sizes, threshold
    )
    return hits, predictions.labeled & (sizes > 0)[:, None]


def _limbs(predictions, skeleton):
    joints, truth = predictions.joints, predictions.truth
    limbs = skeleton.limb_indices
    a, b = np.transpose(limbs)
    counted = predictions.labeled[:, a] & predictions.labeled[:, b]
    names = tuple(kind for kind, _, _ in skeleton.limbs)
    return {
        name: _person_metric(
            names, metrics.pcp_hits(joints, truth, limbs, strict), counted
        )
        for name, strict in (("pcp_strict", True), ("pcp_relaxed", False))
    }


class Accumulator:
    """Sums of metrics, the same for any split of the people into batches."""

    def __init__(self):
        """Starts without people."""
        self._sums = {}

    def add(self, batch: dict[str, PersonMetric]):
        """Adds the people of a batch, of any replica."""
        for name, metric in batch.items():
            value, counted = (
                metric.value.sum(axis=0),
                metric.counted.sum(axis=0),
            )
            self._include(name, metric.items, value, counted)

    def merge(self, other: "Accumulator"):
        """Adds the sums of another accumulator."""
        for name, (items, value, counted) in other.by_name().items():
            self._include(name, items, value, counted)

    def _include(self, name, items, value, counted):
        if name in self._sums:
            _, old_value, old_counted = self._sums[name]
            value, counted = value + old_value, counted + old_counted
        self._sums[name] = items, value, counted

    def by_name(self) -> dict[str, tuple]:
        """By metric: items, summed values [items], summed counts [items]."""
        return dict(self._sums)


def total(person_metrics: dict[str, PersonMetric]) -> dict[str, tuple]:
    """Sums over all people; see `Accumulator.by_name`."""
    sums = Accumulator()
    sums.add(person_metrics)
    return sums.by_name()
