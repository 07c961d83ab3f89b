"""What TensorBoard shows."""

import pathlib
import shutil

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


def pdj_curve(run_dir: pathlib.Path, run: str, curve: dict, thresholds):
    """Writes a PDJ curve as a TensorBoard run, in place of an older one.

    Its step axis is the threshold in thousandths of the torso diameter, so
    that the runs of several stages overlay in one chart.

    Args:
        run_dir: of the stage.
        run: name of the TensorBoard run.
        curve: by joint, shares at the thresholds.
        thresholds: in diameters.
    """
    folder = run_dir / "tensorboard" / run
    shutil.rmtree(folder, ignore_errors=True)
    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default():
        for name, shares in curve.items():
            for threshold, share in zip(thresholds, shares, strict=True):
                step = round(1000 * threshold)
                tf.summary.scalar(f"pdj_curve/{name}", share, step=step)
    writer.close()


def _write(writer, step, scalars):
    with writer.as_default():
        for name, value in scalars.items():
            # TensorBoard folds charts by what precedes the slash.
            folded = any(other.startswith(f"{name}/") for other in scalars)
            tag = f"{name}/mean" if folded else name
            tf.summary.scalar(tag, value, step=step)
    writer.flush()
