"""Checkpoints to go on from, and the weights that are the result."""

import glob
import math
import pathlib
import time

import numpy as np
import tensorflow as tf
from absl import logging

from deeppose_tf import errors
from deeppose_tf.models import run_paths
from deeppose_tf.networks import either_keras
from deeppose_tf.storage import digests
from deeppose_tf.storage import files
from deeppose_tf.training import workers

_NAME = run_paths.CHECKPOINT
_WAITED = "waited"
# The newest, and the one before, should the newest be damaged.
_KEPT = 2
_DAMAGED = (tf.errors.OpError, AssertionError, ValueError, OSError)
_ANEW = "copy the folder again, or delete it to train anew"


class Saver:
    """Checkpoints in a run folder, and best and last weights."""

    def __init__(
        self,
        model,
        optimizer,
        loss,
        run_dir,
        strategy,
        *,
        averages=None,
        patience=0,
    ):
        """Makes the optimizer's variables; see `trainer.fit`."""
        self._patience = patience
        self._model, self._folder = model, run_paths.RunFolder(run_dir)
        learned = loss.trainable_variables
        with strategy.scope():
            either_keras.make_variables(
                optimizer, [*model.trainable_variables, *learned]
            )
            self._step = tf.Variable(0, dtype=tf.int64, trainable=False)
            self._best = tf.Variable(-math.inf, trainable=False)
            # Evaluations since the best.
            self._waited = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._saved_at = time.monotonic()
        self._state = dict(
            model=model,
            optimizer=optimizer,
            step=self._step,
            best=self._best,
            seeds=either_keras.seeds(model),
            # Only where there are any: older checkpoints have none.
            **({} if averages is None else {"averages": averages}),
            **(
                {"loss": list(map(either_keras.variable, learned))}
                if learned
                else {}
            ),
            **({_WAITED: self._waited} if patience else {}),
        )
        self._checkpoint = tf.train.Checkpoint(**self._state)

    def is_out_of_patience(self) -> bool:
        """Whether --patience evaluations have come to no better score."""
        return 0 < self._patience <= int(self._waited.numpy())

    def minutes(self) -> float:
        """How long ago the last checkpoint was written, or looked for."""
        return (time.monotonic() - self._saved_at) / 60

    def restore(self) -> int:
        """Loads the newest sound checkpoint, if any, and returns its step.

        Where there is none, one of step 0 is written: weights without any
        checkpoint then mean that checkpoints were lost.

        Raises:
            InputError: there are checkpoints, and all are damaged; or there are
                none any more, though weights are there; or none can be
                written.
        """
        self._saved_at = time.monotonic()
        found = prefixes(self._folder.checkpoints)
        damage = None
        for prefix in found:
            damage = self._load(prefix)
            if damage is None:
                step = int(self._step.numpy())
                logging.info("Goes on at step %d from %s", step, prefix)
                return step
            logging.warning("%s; the one before is tried", damage)
        if damage is not None:
            raise errors.InputError(f"{damage}; {_ANEW}")
        if self._folder.last_weights.exists():
            raise errors.InputError(
                f"{self._folder.checkpoints}: no checkpoint there, though "
                f"{self._folder.last_weights.name} says that steps were done; "
                f"{_ANEW}"
            )
        self.save_state(0)
        return 0

    def _load(self, prefix):
        """What is wrong with a checkpoint; None where it has been loaded."""
        files_of = _files(prefix)
        try:
            for path in files_of:
                digests.check(path, "copy it again")
            status = self._of(prefix).restore(str(prefix))
            status.assert_existing_objects_matched()
        except errors.InputError as error:
            return str(error).partition(";")[0]
        except _DAMAGED as error:
            reason = str(error).strip().partition("\n")[0]
            return f"{files_of[0]}: damaged ({reason[:200]})"
        return None

    def _of(self, prefix):
        """What a checkpoint holds: none waited where --patience was 0."""
        names = dict(tf.train.list_variables(str(prefix)))
        if any(name.startswith(f"{_WAITED}/") for name in names):
            return self._checkpoint
        known = {k: v for k, v in self._state.items() if k != _WAITED}
        return tf.train.Checkpoint(**known)

    def save_weights(self, step: int, score: float):
        """Writes the model's weights: as the last, and the best by score.

        Raises:
            InputError: a weight is not a number; nothing is written.
        """
        if not all(np.isfinite(w).all() for w in self._model.get_weights()):
            raise errors.InputError(
                f"weights are not numbers any more at step {step}: lower "
                "--learning_rate or set --clip_norm, then start again; the "
                "last checkpoint is sound"
            )
        self._save_weights(self._folder.last_weights)
        self._waited.assign_add(1)
        if score > float(self._best.numpy()):
            self._waited.assign(0)
            self._best.assign(score)
            self._save_weights(self._folder.best_weights)

    def save_state(self, step: int):
        """Writes a checkpoint to go on from; of older ones, one is kept.

        Raises:
            InputError: it cannot be written, as where the disk is full.
        """
        self._step.assign(step)
        # Older versions counted their checkpoints in a variable of this name.
        self._checkpoint.save_counter.assign_add(1)
        folder = self._folder.checkpoints
        with files.temporary_folder(folder, "checkpoint") as temporary:
            try:
                self._checkpoint.write(str(temporary / f"{_NAME}{step}"))
            except workers.LOST:
                raise  # Averages of weights are read from all workers.
            except tf.errors.OpError as error:
                reason = error.message.partition("\n")[0]
                raise errors.InputError(
                    f"{folder}: the checkpoint of step {step} cannot be "
                    f"written ({reason}); free some space, and run the same "
                    "command again"
                ) from error
            # The index comes last: only then it is a checkpoint.
            for path in _files(temporary / f"{_NAME}{step}"):
                digests.note(folder / path.name, path)
                path.replace(folder / path.name)
        self._saved_at = time.monotonic()
        for prefix in prefixes(folder)[_KEPT:]:
            for path in reversed(_files(prefix)):
                path.unlink()
                digests.forget(path)

    def _save_weights(self, path):
        with digests.atomic(path) as temporary:
            self._model.save_weights(temporary)


def prefixes(folder: pathlib.Path) -> list[pathlib.Path]:
    """Of the checkpoints in a folder, the newest first."""
    steps = run_paths.RunFolder(folder.parent).saved_steps()
    return [folder / f"{_NAME}{step}" for step in steps]


def _files(prefix):
    """A checkpoint's files, its index last."""
    data = prefix.parent.glob(f"{glob.escape(prefix.name)}.data-*")
    return [*sorted(data), prefix.with_name(f"{prefix.name}.index")]
