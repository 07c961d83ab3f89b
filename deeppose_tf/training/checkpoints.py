"""Checkpoints to go on from, and the weights that are the result."""

import math

import numpy as np
import tensorflow as tf
from absl import logging

from deeppose_tf import errors
from deeppose_tf import files
from deeppose_tf.models import run_paths


class Saver:
    """Checkpoints in a run folder, and best and last weights."""

    def __init__(
        self, model, optimizer, loss, run_dir, strategy, averages=None
    ):
        """Makes the optimizer's variables; see `trainer.fit`."""
        self._model, self._folder = model, run_paths.RunFolder(run_dir)
        learned = loss.trainable_variables
        with strategy.scope():
            optimizer.build([*model.trainable_variables, *learned])
            self._step = tf.Variable(0, dtype=tf.int64, trainable=False)
            self._best = tf.Variable(-math.inf, trainable=False)
        weights = {id(weight) for weight in model.weights}
        checkpoint = tf.train.Checkpoint(
            model=model,
            optimizer=optimizer,
            step=self._step,
            best=self._best,
            # The state of dropout's randomness, which is no weight.
            seeds=[v.value for v in model.variables if id(v) not in weights],
            # Only where there are any: older checkpoints have none.
            **({} if averages is None else {"averages": averages}),
            **({"loss": [v.value for v in learned]} if learned else {}),
        )
        self._manager = tf.train.CheckpointManager(
            checkpoint, str(self._folder.checkpoints), max_to_keep=1
        )

    def restore(self) -> int:
        """Loads the last checkpoint, if any, and returns its step."""
        path = self._manager.restore_or_initialize()
        step = int(self._step.numpy())
        if path:
            logging.info("Goes on at step %d from %s", step, path)
        return step

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
        if score > float(self._best.numpy()):
            self._best.assign(score)
            self._save_weights(self._folder.best_weights)

    def save_state(self, step: int):
        """Writes a checkpoint to go on from."""
        self._step.assign(step)
        self._manager.save()

    def _save_weights(self, path):
        with files.atomic(path) as temporary:
            self._model.save_weights(temporary)
