"""How far a stage's predictions lie from the truth, per joint.

A displacement is prediction minus truth, in torso diameters. The next stage
draws its training crops from this distribution (DeepPose, sec. 3.2).
"""

import dataclasses
import pathlib

import numpy as np
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf.storage import digests
from deeppose_tf.storage import json_files

_HINT = "let the stage before finish its training"
SIGMAS = (0.5, 0.8, 1.0, 1.2, 1.5, 1.7, 2.0, 2.3)


@dataclasses.dataclass(frozen=True, eq=False)
class Displacements:
    """Statistics of one stage.

    Attributes:
        count: int [joints], measured displacements.
        mean: float32 [joints, 2], diameters.
        covariance: float32 [joints, 2, 2], diameters squared.
        containment: by sigma, float32 [joints]: the share of true joints inside
            the box of side sigma * diam around the prediction.
    """

    count: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray
    containment: dict[float, np.ndarray]


def measure(
    predicted: np.ndarray,
    truth: np.ndarray,
    labeled: np.ndarray,
    diameters: np.ndarray,
    box_diameters: np.ndarray,
) -> Displacements:
    """Measures a stage on a set of people.

    Args:
        predicted: float [n, joints, 2], pixels.
        truth: float [n, joints, 2], pixels.
        labeled: bool [n, joints].
        diameters: float [n], of the truth; people with 0 are left out.
        box_diameters: float [n], of the prediction: they size the next boxes.

    Returns:
        The statistics; zeros for a joint with nothing to measure.
    """
    use = labeled & (diameters > 0)[:, None]
    safe = np.where(diameters > 0, diameters, 1.0)
    error = np.where(use[..., None], predicted - truth, 0.0)
    scaled = error / safe[:, None, None]
    count = use.sum(axis=0)
    safe_count = np.maximum(count, 1)
    mean = scaled.sum(axis=0) / safe_count[:, None]
    centered = np.where(use[..., None], scaled - mean, 0.0)
    covariance = np.einsum("nki,nkj->kij", centered, centered)
    containment = {
        sigma: (
            use & contained(predicted, truth, sigma * box_diameters[:, None])
        ).sum(axis=0)
        / safe_count
        for sigma in SIGMAS
    }
    return Displacements(
        count, mean, covariance / safe_count[:, None, None], containment
    )


def contained(predicted, truth, sides) -> np.ndarray:
    """Whether true joints lie in square boxes around predicted ones.

    Args:
        predicted: float [n, joints, 2], pixels.
        truth: float [n, joints, 2], pixels.
        sides: float [n, joints] or [n, 1], of their boxes, pixels.

    Returns:
        bool [n, joints].
    """
    reach = np.abs(predicted - truth).max(axis=-1)
    return reach <= sides / 2


def sample(displacements: Displacements, seed: tf.Tensor) -> tf.Tensor:
    """Draws one displacement a joint.

    Args:
        displacements: of the stage before.
        seed: int [2].

    Returns:
        float32 [joints, 2], diameters.
    """
    factor = tf.constant(_factor(displacements.covariance), tf.float32)
    normal = tf.random.stateless_normal([factor.shape[0], 2], seed)
    mean = tf.constant(displacements.mean, tf.float32)
    return mean + tf.linalg.matvec(factor, normal)


def save(displacements: Displacements, path: pathlib.Path, joints: tuple):
    """Writes displacements.json, with one entry a joint name."""
    entries = {
        name: {
            "count": int(displacements.count[i]),
            "mean": displacements.mean[i].tolist(),
            "covariance": displacements.covariance[i].tolist(),
            "containment": {
                str(sigma): float(share[i])
                for sigma, share in displacements.containment.items()
            },
        }
        for i, name in enumerate(joints)
    }
    digests.save(path, entries)


def load(path: pathlib.Path, joints: tuple) -> Displacements:
    """Inverse of `save`.

    Raises:
        InputError: the file is missing, or is about other joints.
    """
    entries = digests.load(path, _HINT)
    json_files.expect(path, entries, {}, _HINT)
    if tuple(entries) != tuple(joints):
        raise errors.InputError(
            f"{path}: joints {list(entries)}, want {list(joints)}; train the "
            "stage before on the same skeleton"
        )
    with json_files.parsing(path, _HINT):
        return _checked(
            Displacements(
                count=_column(e["count"] for e in entries.values()),
                mean=_column(e["mean"] for e in entries.values()),
                covariance=_column(e["covariance"] for e in entries.values()),
                containment={
                    sigma: _column(
                        e["containment"][str(sigma)] for e in entries.values()
                    )
                    for sigma in SIGMAS
                },
            )
        )


def _column(values):
    array = np.array(list(values))
    # Of words NumPy would make numbers only later, and of true 1.
    if array.dtype.kind not in "if" or not np.isfinite(array).all():
        raise ValueError("not all are numbers")
    return array


def _checked(displacements):
    """The same; ValueError where they are not of such shapes and ranges."""
    shapes = [
        getattr(displacements, key).shape[1:]
        for key in ("count", "mean", "covariance")
    ]
    if shapes != [(), (2,), (2, 2)]:
        raise ValueError(f"count, mean and covariance of shapes {shapes}")
    if (displacements.count < 0).any():
        raise ValueError("a count below 0")
    _factor(displacements.covariance)
    for share in displacements.containment.values():
        if not ((share >= 0) & (share <= 1)).all():
            raise ValueError("a containment that is no share")
    return displacements


def _factor(covariance):
    """Cholesky's; LinAlgError, a ValueError, where it is no covariance."""
    # A joint that hardly varies may have one that is singular.
    return np.linalg.cholesky(covariance + 1e-8 * np.eye(2))
