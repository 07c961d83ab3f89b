"""Predictions of a model for every person of a split, beside the truth."""

import dataclasses
import pathlib

import numpy as np

from deeppose_tf import errors
from deeppose_tf import extras
from deeppose_tf.evaluation import oks
from deeppose_tf.evaluation import results
from deeppose_tf.evaluation.predictions import Predictions
from deeppose_tf.evaluation.stage_predictions import StagePredictions
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.storage import arrays

MEAN_POSE = "mean pose"
FILE = "persons.npz"


@dataclasses.dataclass(frozen=True, eq=False)
class CascadePredictions:
    """Predictions of all stages in pixels, and the truth.

    Pixels, because the exported graph answers in them. `of_stage` gives the
    predictions of one stage.

    Attributes:
        person_ids: string [n].
        image_ids: string [n].
        joints: float32 [n, stages, joints, 2], predicted, pixels.
        scores: float32 [n, joints], confidence in the last stage's joints.
        truth: float32 [n, joints, 2], pixels.
        labeled: bool [n, joints].
        box: float32 [n, 4], b0, pixels.
        head_sizes: float32 [n], pixels; 0 where unknown.
        areas: float32 [n], square pixels; 0 where unknown.
        mean_pose: float32 [joints, 2], of the training people, box units.
        seconds: time that the model took for all of them.
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

    def of_stage(self, index: int) -> Predictions:
        """Predictions of a stage by its index: 0 is stage 1, -1 the last."""
        return Predictions(self.joints[:, index], self.truth, self.labeled)

    def by_name(self) -> dict[str, Predictions]:
        """Predictions of the mean pose and of each stage."""
        mean = boxes.denormalize(self.mean_pose[None], self.box)
        stages = range(self.joints.shape[1])
        return {
            MEAN_POSE: Predictions(mean, self.truth, self.labeled),
            **{f"stage {i + 1}": self.of_stage(i) for i in stages},
        }

    def last_stage(self) -> StagePredictions:
        """Predictions of the last stage in box units."""
        return StagePredictions(
            person_ids=self.person_ids,
            joints=boxes.normalize(self.joints[:, -1], self.box),
            truth=boxes.normalize(self.truth, self.box),
            labeled=self.labeled,
            box=self.box,
        )

    def results(self, skeleton: Skeleton) -> dict[str, dict]:
        """Metrics with intervals, by the names of `by_name`."""
        return {
            name: self._metrics(predictions, skeleton)
            for name, predictions in self.by_name().items()
        }

    def curves(self, skeleton: Skeleton) -> dict[str, dict]:
        """PDJ curves (`results.pdj_curve`), by the names of `by_name`."""
        return {
            name: results.pdj_curve(predictions, skeleton)
            for name, predictions in self.by_name().items()
        }

    def _metrics(self, predictions, skeleton):
        result = results.summarize(
            predictions, skeleton, head_sizes=self.head_sizes, intervals=True
        )
        if self.has_oks(skeleton) and extras.is_installed(oks.PACKAGE):
            precision, interval = oks.average_precision(
                predictions,
                self.areas,
                self.image_ids,
                self.scores.mean(axis=1),
            )
            result["figures"]["oks_ap"] = precision
            result["intervals"]["oks_ap"] = interval
        return result

    def has_oks(self, skeleton: Skeleton) -> bool:
        """Whether COCO's average precision is defined for these people."""
        return skeleton.name == "coco" and bool(self.areas.any())


def save(predictions: CascadePredictions, folder: pathlib.Path):
    """Writes persons.npz, which a later evaluation can compare with."""
    arrays.save(folder / FILE, vars(predictions))


def load(folder: pathlib.Path) -> CascadePredictions:
    """Inverse of `save`.

    Raises:
        InputError: there is no report, it is damaged, or another version has
            written it.
    """
    path = folder / FILE
    if not path.exists():
        raise errors.InputError(
            f"{path}: missing; --compare names the --output_dir of an earlier "
            "python -m deeppose_tf.evaluate"
        )
    columns = arrays.load(path, "evaluate that model again")
    names = {field.name for field in dataclasses.fields(CascadePredictions)}
    if missing := sorted(names - columns.keys()):
        raise errors.InputError(
            f"{path}: damaged, or written by another version: it lacks "
            f"{', '.join(missing)}; evaluate that model again"
        )
    return CascadePredictions(**{name: columns[name] for name in names})
