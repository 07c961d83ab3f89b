"""The confidence scores of a cascade's joints.

The score of a joint estimates the probability that it lies closer than 0.2
torso diameters to the truth. It falls with the distance that the last stage
has moved the joint, and with the error that the last network expects itself
(--loss=rle, --head=peak); and some joints are harder than others:

    score = sigmoid(base[joint] - slope * log(move + 0.02)
                                - spread_slope * log(spread + 0.02)),

where move is how far the last stage has moved the joint and spread the error
that its network expects, in predicted torso diameters. All are fitted to
held-out people, or to training people where there are no others;
confidence.json says which. A cascade of one stage moves nothing; without
spread, its scores are the share of right joints.

A person's score tells whether there is anybody at all. It is the mean of the
three highest scores, with the same formula, but with a torso of 0.3 sides of
the box: where somebody is seen in part, some joints have high scores, and the
predicted torso means nothing.
"""

import dataclasses
import pathlib

import numpy as np
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf.geometry import torso
from deeppose_tf.models import run_paths
from deeppose_tf.storage import digests
from deeppose_tf.storage import json_files

_HINT = "run the training of that stage again: a finished one is only measured"
THRESHOLD = 0.2
FLOOR = 0.02
# Of a person's score: the joints that count, and a torso's diameter in longer
# sides of the box, the median of LSP Extended's validation people.
_BEST = 3
_TORSO = 0.3


@dataclasses.dataclass(frozen=True, eq=False)
class Confidence:
    """The fitted parameters of the scores.

    Attributes:
        base: float [joints], the logit before the slopes lower it.
        slope: how fast the logit falls with the logarithm of the move.
        persons: number of people it was fitted to.
        split: of these people; fitted to `train`, scores are too high.
        spread_slope: how fast the logit falls with the logarithm of the spread.
    """

    base: np.ndarray
    slope: float
    persons: int
    split: str = "unknown"
    spread_slope: float = 0.0

    def scores(self, stage_joints, spread, box, torsos) -> tf.Tensor:
        """The score of each joint.

        Args:
            stage_joints: float32 [n, stages, joints, 2], pixels.
            spread: float32 [n, joints, 2] of the last stage, pixels;
                [n, joints, 0] where its network predicts none.
            box: float32 [n, 4], b0, pixels.
            torsos: `Skeleton.torsos`.

        Returns:
            float32 [n, joints], between 0 and 1.
        """
        return self._scores(log_distances(stage_joints, spread, box, torsos))

    def person_scores(self, stage_joints, spread, box) -> tf.Tensor:
        """The score of each person; the arguments are those of `scores`.

        Returns:
            float32 [n], between 0 and 1: high where there is somebody.
        """
        diameter = _TORSO * tf.reduce_max(box[:, 2:], axis=-1)
        scores = self._scores(_log_distances(stage_joints, spread, diameter))
        count = min(_BEST, len(self.base))
        return tf.reduce_mean(tf.math.top_k(scores, count).values, axis=-1)

    def _scores(self, distances):
        slopes = tf.constant([self.slope, self.spread_slope], tf.float32)
        penalty = tf.reduce_sum(slopes * distances, axis=-1)
        return tf.sigmoid(tf.constant(self.base, tf.float32) - penalty)

    def describe(self, joints: tuple[str, ...]) -> dict:
        """The formula in words, and the parameters as `load` reads them."""
        return {
            "score": f"probability of lying within {THRESHOLD} torso "
            f"diameters: sigmoid(base - slope * log(move + {FLOOR}) - "
            f"spread_slope * log(spread + {FLOOR})), where move is how far the "
            "last stage has moved the joint and spread the error that its "
            "network expects, in predicted torso diameters",
            "person_score": f"mean of the {_BEST} highest scores, with "
            f"{_TORSO} of the box's longer side for the torso's diameter",
            "persons": self.persons,
            "split": self.split,
            "slope": self.slope,
            "spread_slope": self.spread_slope,
            "base": dict(zip(joints, map(float, self.base), strict=True)),
        }


def log_distances(stage_joints, spread, box, torsos):
    """Logarithms of move and spread, float32 [n, joints, 2].

    The arguments are those of `Confidence.scores`.
    """
    diameter = torso.predicted_diameter(stage_joints[:, -1], box, torsos)
    return _log_distances(stage_joints, spread, diameter)


def _log_distances(stage_joints, spread, diameter):
    """The same in units of `diameter`, float32 [n], pixels."""
    last = stage_joints[:, -1]
    # The last of one stage is also its only one, so that nothing moves.
    before = stage_joints[:, -2:][:, 0]
    both = [tf.norm(last - before, axis=-1), tf.norm(spread, axis=-1)]
    both = tf.stack(both, axis=-1) / diameter[:, None, None]
    return tf.math.log(both + FLOOR)


def save(confidence: Confidence, run_dir: pathlib.Path, joints):
    """Writes confidence.json; `joints` are the skeleton's names."""
    path = run_paths.RunFolder(run_dir).confidence
    digests.save(path, confidence.describe(joints))


def load(run_dir: pathlib.Path, joints: tuple[str, ...]) -> Confidence:
    """Inverse of `save`.

    Raises:
        InputError: there is none, or it is damaged or about other joints.
    """
    path = run_paths.RunFolder(run_dir).confidence
    return from_json(path, digests.load(path, _HINT), joints, _HINT)


def from_json(
    path: pathlib.Path, values: dict, joints: tuple[str, ...], hint: str
) -> Confidence:
    """Inverse of `Confidence.describe`.

    Args:
        path: of the file that holds it, for the message.
        values: what `describe` gave.
        joints: the skeleton's names.
        hint: how to get a sound file.

    Raises:
        InputError: it is damaged or about other joints.
    """
    kinds = {"base": dict, "slope": float, "persons": int}
    json_files.expect(path, values, kinds, hint)
    # Older files have neither split nor spread_slope.
    values = {"split": "unknown", "spread_slope": 0.0} | values
    json_files.expect(path, values, {"split": str, "spread_slope": float}, hint)
    base = values["base"]
    json_files.expect(path, base, dict.fromkeys(joints, float), hint)
    if tuple(base) != tuple(joints):
        raise errors.InputError(
            f"{path}: joints {list(base)}, want {list(joints)}; {hint}"
        )
    return Confidence(
        np.array(list(base.values()), float),
        values["slope"],
        values["persons"],
        values["split"],
        values["spread_slope"],
    )
