"""What a trained stage predicts for the people of a split."""

import dataclasses
import hashlib
import pathlib

import numpy as np
import tensorflow as tf
from absl import logging

from deeppose_tf import files
from deeppose_tf.data import displacements
from deeppose_tf.data import input_pipeline
from deeppose_tf.data.dataset import Dataset
from deeppose_tf.evaluation import results
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import torso
from deeppose_tf.geometry import windows
from deeppose_tf.models import cascade
from deeppose_tf.models import stages

_FILE = "predictions.npz"
_BATCH = 32  # Persons; a refinement stage cuts a crop per joint of each.


@dataclasses.dataclass(frozen=True, eq=False)
class Predictions:
    """Predicted and true joints of people, in order of the records.

    Attributes:
        person_ids: string [n].
        joints: float32 [n, joints, 2], predicted, in units of b0.
        truth: float32 [n, joints, 2], in units of b0.
        labeled: bool [n, joints].
        box: float32 [n, 4], b0 in pixels of the stored picture.
        spread: float32 [n, joints, 2], the error that the stage expects of
            each coordinate, in units of b0; None of a stage that tells none.
    """

    person_ids: np.ndarray
    joints: np.ndarray
    truth: np.ndarray
    labeled: np.ndarray
    box: np.ndarray
    spread: np.ndarray | None = None

    def pixels(self) -> tuple[np.ndarray, np.ndarray]:
        """Predicted and true joints, float32 [n, joints, 2] in pixels."""
        return (
            boxes.denormalize(self.joints, self.box),
            boxes.denormalize(self.truth, self.box),
        )

    def score(self, skeleton, intervals: bool = False) -> dict:
        """All figures; see `scores.score`."""
        return results.score(
            *self.pixels(), self.labeled, skeleton, intervals=intervals
        )

    def curve(self, skeleton) -> dict[str, np.ndarray]:
        """The PDJ curve by joint, and "mean", at `scores.CURVE`."""
        return results.pdj_curve(*self.pixels(), self.labeled, skeleton)

    def first(self, count: int) -> "Predictions":
        """Those of the first people."""
        fields = self.columns().items()
        return Predictions(**{name: rows[:count] for name, rows in fields})

    def columns(self) -> dict[str, np.ndarray]:
        """What there is, by name."""
        fields = vars(self).items()
        return {name: rows for name, rows in fields if rows is not None}


def predict(
    stage: cascade.Stage,
    batches: tf.data.Dataset,
    starts: np.ndarray | None,
    run=None,
) -> Predictions:
    """Runs one stage.

    Args:
        stage: the stage.
        batches: of `input_pipeline.evaluation_batches`.
        starts: float32 [n, joints, 2] in units of b0, what the stage before
            predicts for the same people; None for stage 1.
        run: of `graph_of(stage)`, to trace it once for many calls.
    """
    run = run or graph_of(stage)
    columns = {field.name: [] for field in dataclasses.fields(Predictions)}
    first = 0
    for batch in batches:
        box = batch["box"]
        last = first + len(box)
        joints = tf.zeros([len(box), 0, 2])
        if starts is not None:
            joints = boxes.denormalize(starts[first:last], box)
        found = run(batch["image"], box, joints)
        columns["person_ids"].append(batch["person_id"].numpy().astype("S"))
        columns["joints"].append(boxes.normalize(found.joints, box))
        if stage.spec.spread:
            columns["spread"].append(found.spread / box[:, None, 2:])
        columns["truth"].append(boxes.normalize(batch["joints"], box))
        columns["labeled"].append(batch["labeled"])
        columns["box"].append(
            windows.box_out_of_window(box, batch["origin"], batch["factor"])
        )
        first = last
    if not stage.spec.spread:
        del columns["spread"]
    return Predictions(
        **{name: np.concatenate(parts) for name, parts in columns.items()}
    )


def graph_of(stage: cascade.Stage):
    """The stage as one graph: (images, b0, joints before) -> cascade.Found."""
    first = stage.spec.stage == 1

    # One trace, whatever the sizes of pictures and of the last batch.
    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None, None, 3], tf.uint8),
            tf.TensorSpec([None, 4], tf.float32),
            tf.TensorSpec([None, None, 2], tf.float32),
        ]
    )
    def run(images, box, joints):
        return stage.find(images, box, None if first else joints)

    return run


def of_training_people(run_dir: pathlib.Path, data: Dataset) -> Predictions:
    """Predictions of a finished stage on the training split.

    Computed once and kept beside the run, and so for the stages before it;
    again only where records or weights have changed.
    """
    run_dir = pathlib.Path(run_dir)
    path = run_dir / _FILE
    digest = _digest(run_dir, data)
    if path.exists():
        with np.load(path) as kept:
            if str(kept["digest"]) == digest:
                names = set(kept.files) - {"digest"}
                return Predictions(**{name: kept[name] for name in names})
    logging.info("Predicts the training people with %s", run_dir)
    spec = stages.load_spec(run_dir)
    previous = stages.previous_dir(spec, run_dir)
    starts = of_training_people(previous, data).joints if previous else None
    found = predict(
        cascade.load_stage(run_dir, spec),
        input_pipeline.evaluation_batches(data, "train", batch_size=_BATCH),
        starts,
    )
    with files.atomic(path) as temporary:
        np.savez(temporary, digest=digest, **found.columns())
    return found


def _digest(run_dir, data):
    """Changes with the records, and with the weights of any stage."""
    digest = hashlib.sha256(data.split("train").digest.encode())
    while run_dir:
        for path in sorted(run_dir.rglob("best.weights.h5")):
            digest.update(path.read_bytes())
        run_dir = stages.previous_dir(stages.load_spec(run_dir), run_dir)
    return digest.hexdigest()


def of_stages(run_dir, data, split, limit=None) -> list[Predictions]:
    """Predictions of each stage of the cascade that ends with a run folder."""
    batches = input_pipeline.evaluation_batches(
        data, split, batch_size=_BATCH, limit=limit
    )
    by_stage, starts = [], None
    for stage in cascade.load(run_dir).stages:
        by_stage.append(predict(stage, batches, starts))
        starts = by_stage[-1].joints
    return by_stage


def of_split(run_dir, data, split, limit=None) -> Predictions:
    """Predictions of the stage of a run folder, after the stages before it."""
    return of_stages(run_dir, data, split, limit)[-1]


def measure(found: Predictions, torsos) -> displacements.Displacements:
    """Displacement statistics of predictions, for the next stage."""
    predicted, truth = found.pixels()
    return displacements.measure(
        predicted,
        truth,
        found.labeled,
        torso.diameter(truth, found.labeled, torsos).numpy(),
        torso.predicted_diameter(predicted, found.box, torsos).numpy(),
    )
