"""What TensorBoard shows."""

import contextlib
import pathlib

import numpy as np
import tensorflow as tf
from absl import logging
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tensorboard.compat.proto import event_pb2
from tensorboard.plugins.hparams import api as hparams_api
from tensorboard.plugins.scalar import summary as scalar_summary

from deeppose_tf.models import run_paths
from deeppose_tf.storage import files

_EVENTS = "events.out.tfevents.*"
# What is shown first, and by which name.
_HEADLINES = {
    name: name
    for name in (
        *("score", "loss", "learning_rate"),
        *("examples_per_second", "input_wait"),
        *("pdj@0.1", "pdj@0.2", "pdj@0.5", "auc", "pck@0.2"),
        *("error_diameters", "swap_rate"),
    )
} | {"pcp_strict/mean_of_4": "pcp_strict"}


class Writers:
    """Scalars of a training and of its validation, as two runs to overlay."""

    def __init__(self, run_dir: pathlib.Path, start: int):
        """Opens the event files below `run_dir`/tensorboard.

        Args:
            run_dir: of the training.
            start: its step; what a killed training showed of later ones goes,
                since they come again.
        """
        folder = run_paths.RunFolder(run_dir)
        for name in ("train", "validation"):
            _forget_after(folder.tensorboard(name), start)
        self._writers = {
            name: tf.summary.create_file_writer(str(folder.tensorboard(name)))
            for name in ("train", "validation")
        }

    def write(self, run: str, step: int, scalars: dict[str, float]):
        """Writes numbers of the "train" or the "validation" people."""
        with self._writers[run].as_default():
            for name, value in scalars.items():
                tf.summary.scalar(_tag(name), value, step=step)

    def flush(self):
        """Writes everything so far to the event files."""
        for writer in self._writers.values():
            writer.flush()


def _tag(name):
    """Where TensorBoard shows a number: it sorts groups by their names."""
    if name in _HEADLINES:
        return f"headline/{_HEADLINES[name]}"
    metric, _, item = name.partition("/")
    if not item:
        return f"more/{name}"
    of = "limbs" if metric.startswith("pcp_") else "joints"
    return f"{of}_{metric}/{item}"


def _forget_after(folder, step):
    """Drops events of later steps from the event files of a folder."""
    for path in folder.glob(_EVENTS):
        events = _events(path)
        kept = [e for e in events if event_pb2.Event.FromString(e).step <= step]
        with files.atomic(path) as temporary:
            with tf.io.TFRecordWriter(str(temporary)) as writer:
                for event in kept:
                    writer.write(event)


def _events(path):
    """Serialized events up to where a killed program ended the file."""
    events = []
    try:
        for event in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            events.append(event)
    except tf.errors.DataLossError as error:
        logging.info("%s: %s; what follows is dropped", path, error.message)
    return events


@contextlib.contextmanager
def run(run_dir: pathlib.Path, name: str):
    """A TensorBoard run in place of an older one; what follows goes there."""
    folder = run_paths.RunFolder(run_dir).tensorboard(name)
    for path in folder.glob(_EVENTS):
        path.unlink()
    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default():
        yield
    writer.close()


def curve(tag: str, curves: dict[str, np.ndarray], thresholds):
    """Shows curves over thresholds as scalars over steps.

    The step is the threshold in thousandths, so that the runs of several
    stages overlay in one chart.

    Args:
        tag: what precedes the slash.
        curves: by what follows it, values at the thresholds.
        thresholds: of all curves.
    """
    columns = zip(*curves.values(), strict=True)
    for threshold, column in zip(thresholds, columns, strict=True):
        # One event a threshold: scalars by themselves take ten times as long.
        event = tf.compat.v1.Summary()
        for name, value in zip(curves, column, strict=True):
            scalar = scalar_summary.scalar_pb(f"{tag}/{name}", value)
            event.MergeFromString(scalar.SerializeToString())
        tf.summary.experimental.write_raw_pb(
            event.SerializeToString(), step=round(1000 * threshold)
        )


def picture(tag: str, figure: Figure):
    """Shows a figure."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[None, ..., :3]
    tf.summary.image(tag, pixels, step=0)


def text(tag: str, lines: str):
    """Shows text as it is, line by line."""
    # Four blanks make a block of code in TensorBoard's Markdown.
    block = "".join(f"    {line}\n" for line in lines.splitlines())
    tf.summary.text(tag, block, step=0)


def hparams(row: str, values: dict, results: dict[str, float]):
    """A row of the HParams tab: how a stage was trained, with its metrics.

    TensorBoard infers the columns from the rows. If they were declared once,
    the columns of stage 1 would be those of all stages.

    Args:
        row: its name.
        values: by name; what is None is left out.
        results: by name.
    """
    known = {k: v for k, v in values.items() if v is not None}
    hparams_api.hparams(known, trial_id=row)
    for name, value in results.items():
        tf.summary.scalar(name, value, step=0)
