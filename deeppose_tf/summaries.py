"""What TensorBoard shows."""

import pathlib

import tensorflow as tf


class Writers:
    """Scalars of a training and of its validation, as two runs to overlay."""

    def __init__(self, run_dir: pathlib.Path):
        """Opens the event files below `run_dir`/tensorboard."""
        folder = run_dir / "tensorboard"
        self._training = tf.summary.create_file_writer(str(folder / "train"))
        self._validation = tf.summary.create_file_writer(
            str(folder / "validation")
        )

    def training(self, step: int, **scalars: float):
        """Writes numbers of the training people."""
        _write(self._training, step, scalars)

    def validation(self, step: int, scalars: dict[str, float]):
        """Writes numbers of the validation people."""
        _write(self._validation, step, scalars)


def _write(writer, step, scalars):
    with writer.as_default():
        for name, value in scalars.items():
            tf.summary.scalar(name, value, step=step)
    writer.flush()
