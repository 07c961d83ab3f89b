"""What is told of a training while it runs."""

import time

from absl import logging

from deeppose_tf.training import progress
from deeppose_tf.training import summaries


class Log:
    """What is told of a training: a line now and then, and TensorBoard."""

    def __init__(self, run_dir, start, schedule):
        """Begins at step `start`; see `trainer.fit`."""
        self._writers = summaries.Writers(run_dir)
        self._batch_size = schedule.batch_size
        self._bar = progress.Progress(
            start, schedule.steps, schedule.batch_size, schedule.log_every
        )
        self._recent = []
        self._clock = (start, time.monotonic())

    def step(self, step, loss, rate):
        """Tells of a step."""
        self._recent.append(loss)
        self._bar.update(step, loss, rate)

    def speed(self, step):
        """Examples a second since the last evaluation."""
        first, begin = self._clock
        seconds = max(time.monotonic() - begin, 1e-6)
        return (step - first) * self._batch_size / seconds

    def evaluation(self, step, rate, speed, figures):
        """Tells of an evaluation, and starts the clock for the next."""
        training = {
            "loss": sum(self._recent) / len(self._recent),
            "learning_rate": rate,
            "examples_per_second": speed,
            **figures.get("train", {}),
        }
        self._recent = []
        self._writers.write("train", step, training)
        self._writers.write("validation", step, figures["validation"])
        words = " ".join(
            f"{name} {figures['validation'][name]:.4f}"
            for name in ("score", "loss", "pdj@0.1", "pdj@0.2", "pdj@0.5")
            if name in figures["validation"]
        )
        logging.info("step %d validation %s", step, words)
        self._clock = (step, time.monotonic())

    def close(self):
        """Ends the line of the last step."""
        self._bar.close()
