"""Checkpoints to go on from, and the weights that are the result."""

import math

import numpy as np
import tensorflow as tf
from absl import logging

from deeppose_tf import errors
from deeppose_tf import files
from deeppose_tf.training import losses


class Saver:
    """Checkpoints in a run folder, and best and last weights."""

    def __init__(
        self, model, optimizer, loss, run_dir, strategy, averages=None
    ):
        """Makes the optimizer's variables; see `trainer.fit`."""
        self._model, self._run_dir = model, run_dir
        learned = losses.variables(loss)
        with strategy.scope():
            optimizer.build([*model.trainable_variables, *learned])
            self._step = tf.Variable(0, dtype=tf.int64, trainable=False)
            self._best = tf.Variable(-math.inf, trainable=False)
        kept = {id(weight) for weight in model.weights}
        checkpoint = tf.train.Checkpoint(
            model=model,
            optimizer=optimizer,
            step=self._step,
            best=self._best,
            # Where dropout's randomness stands; the model leaves it out.
            seeds=[v.value for v in model.variables if id(v) not in kept],
            # Named only where there are any: older checkpoints have none.
            **({} if averages is None else {"averages": averages}),
            **({"loss": [v.value for v in learned]} if learned else {}),
        )
        self._manager = tf.train.CheckpointManager(
            checkpoint, str(run_dir / "checkpoints"), max_to_keep=1
        )

    def restore(self) -> int:
        """Goes back to the last checkpoint: the step that it stands for."""
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
        self._save_weights("last")
        if score > float(self._best.numpy()):
            self._best.assign(score)
            self._save_weights("best")

    def save_state(self, step: int):
        """Writes a checkpoint to go on from."""
        self._step.assign(step)
        self._manager.save()

    def _save_weights(self, name):
        with files.atomic(self._run_dir / f"{name}.weights.h5") as temporary:
            self._model.save_weights(temporary)
