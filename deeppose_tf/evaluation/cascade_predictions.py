"""What a model says of every person of a split; kept for comparisons."""

import dataclasses
import pathlib
from zipfile import BadZipFile

import numpy as np

from deeppose_tf import errors
from deeppose_tf import extras
from deeppose_tf import files
from deeppose_tf.evaluation import oks
from deeppose_tf.evaluation import results
from deeppose_tf.evaluation.stage_predictions import Predictions
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry.skeletons import Skeleton

MEAN_POSE = "mean pose"
_FILE = "persons.npz"


@dataclasses.dataclass(frozen=True, eq=False)
class Judged:
    """What a model says of every person of a split, and the truth.

    Attributes:
        person_ids: string [n].
        image_ids: string [n].
        joints: float32 [n, stages, joints, 2], predicted, pixels.
        scores: float32 [n, joints], of the last stage.
        truth: float32 [n, joints, 2], pixels.
        labeled: bool [n, joints].
        box: float32 [n, 4], b0, pixels.
        head_sizes: float32 [n], pixels; 0 where unknown.
        areas: float32 [n], square pixels; 0 where unknown.
        mean_pose: float32 [joints, 2], of the training people, box units.
        seconds: that the model took.
    """

    person_ids: np.ndarray
    image_ids: np.ndarray
    joints: np.ndarray
    scores: np.ndarray
    truth: np.ndarray
    labeled: np.ndarray
    box: np.ndarray
    head_sizes: np.ndarray
    areas: np.ndarray
    mean_pose: np.ndarray
    seconds: float

    def by_name(self) -> dict[str, np.ndarray]:
        """Predictions [n, joints, 2] of the mean pose and of each stage."""
        mean = boxes.denormalize(self.mean_pose[None], self.box)
        stages = {
            f"stage {stage + 1}": self.joints[:, stage]
            for stage in range(self.joints.shape[1])
        }
        return {MEAN_POSE: mean, **stages}

    def last_stage(self) -> Predictions:
        """What the last stage predicts."""
        return Predictions(
            person_ids=self.person_ids,
            joints=boxes.normalize(self.joints[:, -1], self.box),
            truth=boxes.normalize(self.truth, self.box),
            labeled=self.labeled,
            box=self.box,
        )

    def results(self, skeleton: Skeleton) -> dict[str, dict]:
        """Scores with intervals, by the names of `by_name`."""
        return {
            name: self._score(joints, skeleton)
            for name, joints in self.by_name().items()
        }

    def curves(self, skeleton: Skeleton) -> dict[str, dict]:
        """PDJ curves (`scores.pdj_curve`), by the names of `by_name`."""
        return {
            name: results.pdj_curve(joints, self.truth, self.labeled, skeleton)
            for name, joints in self.by_name().items()
        }

    def _score(self, joints, skeleton):
        truth = joints, self.truth, self.labeled
        result = results.score(
            *truth, skeleton, head_sizes=self.head_sizes, intervals=True
        )
        if self.has_oks(skeleton) and extras.is_installed(oks.PACKAGE):
            found, ends = oks.average_precision(
                *truth, self.areas, self.image_ids, self.scores.mean(axis=1)
            )
            result["figures"]["oks_ap"] = found
            result["intervals"]["oks_ap"] = ends
        return result

    def has_oks(self, skeleton: Skeleton) -> bool:
        """Whether COCO's average precision means something here."""
        return skeleton.name == "coco" and bool(self.areas.any())


def save(judged: Judged, folder: pathlib.Path):
    """Writes persons.npz, which a later report may be compared with."""
    with files.atomic(folder / _FILE) as temporary:
        np.savez_compressed(temporary, **vars(judged))


def load(folder: pathlib.Path) -> Judged:
    """Inverse of `save`.

    Raises:
        InputError: there is no report, or one of another version.
    """
    path = folder / _FILE
    if not path.exists():
        raise errors.InputError(
            f"{path}: missing; --compare names the --output_dir of an earlier "
            "python -m deeppose_tf.evaluate"
        )
    names = {field.name for field in dataclasses.fields(Judged)}
    try:
        with np.load(path) as kept:
            return Judged(**{name: kept[name] for name in names})
    except (OSError, EOFError, KeyError, ValueError, BadZipFile) as error:
        raise errors.InputError(
            f"{path}: damaged, or written by another version ({error}); judge "
            "that model again"
        ) from error
