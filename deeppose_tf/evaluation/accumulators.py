"""What is summed up, person by person, to judge predictions.

A tally holds, for each person and item (a joint, a limb), a value and whether
it counts. Sums over persons make every figure, so batches and replicas can be
added up in any order, and persons drawn again and again for intervals.
"""

import dataclasses

import numpy as np

from deeppose_tf.evaluation import metrics
from deeppose_tf.geometry import torso
from deeppose_tf.geometry.skeletons import Skeleton


@dataclasses.dataclass(frozen=True, eq=False)
class Tally:
    """One metric on a set of persons.

    Attributes:
        items: what it is told apart by, e.g. joint names.
        value: float64 [persons, items], 0 where not counted.
        counted: bool [persons, items], or int, of how many it is the sum.
    """

    items: tuple[str, ...]
    value: np.ndarray
    counted: np.ndarray


def of(
    joints: np.ndarray,
    truth: np.ndarray,
    labeled: np.ndarray,
    skeleton: Skeleton,
    head_sizes: np.ndarray | None = None,
) -> dict[str, Tally]:
    """Every metric of some predictions, by name.

    Args:
        joints: float [persons, joints, 2], pixels.
        truth: float [persons, joints, 2], pixels.
        labeled: bool [persons, joints].
        skeleton: of the joints.
        head_sizes: float [persons], pixels, 0 where unknown; None without.

    Returns:
        pdj@0.05 ... pdj@0.5, auc, pck@0.2, pckh@0.5 (with head sizes),
        error_diameters and error_pixels by joint; pcp_strict and pcp_relaxed
        by limb; swap_rate by person; pdj_pairs@0.2 of all joints that have a
        left and a right, where there are others.
    """
    safe, counted = _diameters(truth, labeled, skeleton)
    distance = np.linalg.norm(joints - truth, axis=-1)
    by_joint = {
        "auc": (metrics.area_under_pdj(joints, truth, safe), counted),
        "error_diameters": (distance / safe[:, None], counted),
        "error_pixels": (distance, labeled),
    }
    sizes = metrics.torso_box(truth, labeled, skeleton.torso_corners)
    by_joint["pck@0.2"] = _pck(joints, truth, labeled, sizes, 0.2)
    if head_sizes is not None and head_sizes.any():
        by_joint["pckh@0.5"] = _pck(joints, truth, labeled, head_sizes, 0.5)
    swapped = metrics.is_swapped(joints, truth, counted, safe, skeleton.mirror)
    return {
        **pdj(joints, truth, labeled, skeleton, metrics.THRESHOLDS),
        **{
            name: _tally(skeleton.joints, *pair)
            for name, pair in by_joint.items()
        },
        **_pairs(joints, truth, safe, counted, skeleton),
        **_limbs(joints, truth, labeled, skeleton),
        "swap_rate": _tally(
            ("person",), swapped[:, None], counted.any(axis=1)[:, None]
        ),
    }


def _pairs(joints, truth, diameters, counted, skeleton):
    """LSP's 12 limb joints, say: neck and head top are easier."""
    paired = [i for i, j in enumerate(skeleton.mirror) if i != j]
    if not 0 < len(paired) < len(skeleton.joints):
        return {}
    hits = metrics.pdj_hits(joints, truth, diameters, 0.2) & counted
    both = (kind[:, paired].sum(1, keepdims=True) for kind in (hits, counted))
    return {"pdj_pairs@0.2": _tally(("paired joints",), *both)}


def pdj(joints, truth, labeled, skeleton, thresholds) -> dict[str, Tally]:
    """PDJ at each threshold, by name; arguments as of `of`."""
    safe, counted = _diameters(truth, labeled, skeleton)
    return {
        f"pdj@{threshold:g}": _tally(
            skeleton.joints,
            metrics.pdj_hits(joints, truth, safe, threshold),
            counted,
        )
        for threshold in thresholds
    }


def torso_distance(joints, truth, labeled, skeleton) -> np.ndarray:
    """How far joints are off, in diameters, float [persons, joints].

    Arguments as of `of`; infinite where a joint does not count.
    """
    safe, counted = _diameters(truth, labeled, skeleton)
    distance = np.linalg.norm(joints - truth, axis=-1) / safe[:, None]
    return np.where(counted, distance, np.inf)


def _diameters(truth, labeled, skeleton):
    """Torso diameters, 1 where there is none, and which joints count."""
    # The strict torso: PDJ never falls back to the other diagonal.
    found = torso.diameter(truth, labeled, skeleton.torsos[:1]).numpy()
    counted = labeled & (found > 0)[:, None]
    return np.where(found > 0, found, 1.0), counted


def _tally(items, value, counted):
    return Tally(items, np.where(counted, value, 0.0), counted)


def _pck(joints, truth, labeled, sizes, threshold):
    hits = metrics.pck_hits(joints, truth, sizes, threshold)
    return hits, labeled & (sizes > 0)[:, None]


def _limbs(joints, truth, labeled, skeleton):
    limbs = skeleton.limb_indices
    a, b = np.transpose(limbs)
    counted = labeled[:, a] & labeled[:, b]
    names = tuple(kind for kind, _, _ in skeleton.limbs)
    return {
        name: _tally(
            names, metrics.pcp_hits(joints, truth, limbs, strict), counted
        )
        for name, strict in (("pcp_strict", True), ("pcp_relaxed", False))
    }


class Sums:
    """A streaming accumulator: the same result for any split into batches."""

    def __init__(self):
        """Starts with nobody."""
        self._sums = {}

    def add(self, batch: dict[str, Tally]):
        """Adds the persons of a batch, of any replica."""
        for name, tally in batch.items():
            self._include(
                name,
                tally.items,
                tally.value.sum(axis=0),
                tally.counted.sum(axis=0),
            )

    def merge(self, other: "Sums"):
        """Adds what another accumulator has seen."""
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
