"""Predictions of a trained stage for the people of a split."""

import dataclasses

import numpy as np
import tensorflow as tf

from deeppose_tf.data import displacements
from deeppose_tf.evaluation import predictions
from deeppose_tf.evaluation import results
from deeppose_tf.evaluation.predictions import Predictions
from deeppose_tf.examples import input_pipeline
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import torso
from deeppose_tf.geometry import windows
from deeppose_tf.models import trained_stages
from deeppose_tf.training import workers as workers_

_BATCH = 32  # Persons; a refinement stage cuts a crop per joint of each.


@dataclasses.dataclass(frozen=True, eq=False)
class StagePredictions:
    """Predicted and true joints in box units, in the order of the records.

    Box units, because the next stage and predictions.npz hold them; metrics
    are measured `in_pixels`.

    Attributes:
        person_ids: string [n].
        joints: float32 [n, joints, 2], predicted, in units of b0.
        truth: float32 [n, joints, 2], in units of b0.
        labeled: bool [n, joints].
        box: float32 [n, 4], b0 in pixels of the stored picture.
        spread: float32 [n, joints, 2], the expected error of each coordinate,
            in units of b0; None if the stage does not predict it.
    """

    person_ids: np.ndarray
    joints: np.ndarray
    truth: np.ndarray
    labeled: np.ndarray
    box: np.ndarray
    spread: np.ndarray | None = None

    def in_pixels(self) -> Predictions:
        """The same joints in pixels of the stored picture."""
        return Predictions(
            joints=boxes.denormalize(self.joints, self.box),
            truth=boxes.denormalize(self.truth, self.box),
            labeled=self.labeled,
        )

    def metrics(self, skeleton, intervals: bool = False) -> dict:
        """All metrics; see `results.summarize`."""
        return results.summarize(
            self.in_pixels(), skeleton, intervals=intervals
        )

    def curve(self, skeleton) -> dict[str, np.ndarray]:
        """The PDJ curve by joint, and "mean", at `results.CURVE`."""
        return results.pdj_curve(self.in_pixels(), skeleton)

    def first(self, count: int) -> "StagePredictions":
        """Predictions for the first people."""
        fields = self.columns().items()
        return StagePredictions(**{name: rows[:count] for name, rows in fields})

    def columns(self) -> dict[str, np.ndarray]:
        """Arrays by name, without `spread` where it is None."""
        fields = vars(self).items()
        return {name: rows for name, rows in fields if rows is not None}


def predict(
    stage: trained_stages.Stage,
    batches: tf.data.Dataset,
    previous_joints: np.ndarray | None,
    run=None,
    workers: workers_.Workers = workers_.ALONE,
) -> StagePredictions:
    """Runs one stage.

    Args:
        stage: the stage.
        batches: of `input_pipeline.evaluation_batches`; this worker's share.
        previous_joints: float32 [n, joints, 2] in units of b0, predictions of
            the stage before for the same people; None for stage 1.
        run: of `graph_of(stage)`, to trace it once for many calls.
        workers: among whom the people are shared out; each gets all results.
    """
    run = run or graph_of(stage)
    columns, first = [], 0
    if previous_joints is not None:
        previous_joints = workers.share.part(previous_joints)
    for batch in batches:
        box = batch["box"]
        last = first + len(box)
        joints = tf.zeros([len(box), 0, 2])
        if previous_joints is not None:
            joints = boxes.denormalize(previous_joints[first:last], box)
        output = run(batch["image"], box, joints)
        columns.append(_columns(batch, output, stage.spec.spread))
        first = last
    mine = predictions.concatenated(columns) if columns else {}
    return StagePredictions(**workers.together(mine))


def _columns(batch, output, has_spread):
    """The columns of `StagePredictions` for a batch, whose boxes are b0."""
    box = batch["box"]
    columns = {
        "person_ids": batch["person_id"].numpy().astype("S"),
        "joints": boxes.normalize(output.joints, box),
        "truth": boxes.normalize(batch["joints"], box),
        "labeled": batch["labeled"],
        "box": windows.box_out_of_window(box, batch["origin"], batch["factor"]),
    }
    if has_spread:
        columns["spread"] = output.spread / box[:, None, 2:]
    return columns


def graph_of(stage: trained_stages.Stage):
    """The stage as one graph: (images, b0, previous joints) -> StageOutput."""
    first = stage.spec.stage == 1

    # One trace for all sizes of pictures and of the last batch.
    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None, None, 3], tf.uint8),
            tf.TensorSpec([None, 4], tf.float32),
            tf.TensorSpec([None, None, 2], tf.float32),
        ]
    )
    def run(images, box, joints):
        return stage.predict(images, box, None if first else joints)

    return run


def of_stages(
    run_dir, data, split, limit=None, workers=workers_.ALONE
) -> list[StagePredictions]:
    """Predictions of each stage of the cascade that ends in a run folder."""
    batches = input_pipeline.evaluation_batches(
        data, split, batch_size=_BATCH, limit=limit, share=workers.share
    )
    by_stage, previous_joints = [], None
    for stage in trained_stages.load_all(run_dir):
        by_stage.append(
            predict(stage, batches, previous_joints, workers=workers)
        )
        previous_joints = by_stage[-1].joints
    return by_stage


def of_split(
    run_dir, data, split, limit=None, workers=workers_.ALONE
) -> StagePredictions:
    """Predictions of the last stage of that cascade."""
    return of_stages(run_dir, data, split, limit, workers)[-1]


def measure(predicted: StagePredictions, torsos) -> displacements.Displacements:
    """Displacement statistics of predictions, for the next stage."""
    pixels = predicted.in_pixels()
    return displacements.measure(
        pixels.joints,
        pixels.truth,
        pixels.labeled,
        torso.diameter(pixels.truth, pixels.labeled, torsos).numpy(),
        torso.predicted_diameter(pixels.joints, predicted.box, torsos).numpy(),
    )
