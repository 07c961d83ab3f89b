"""What is told of a training while it runs."""

import sys
import time

import tqdm
from absl import logging

from deeppose_tf.training import summaries


class Log:
    """What is told of a training: a line now and then, and TensorBoard."""

    def __init__(self, run_dir, start, schedule):
        """Begins at step `start`; see `trainer.fit`."""
        self._writers = summaries.Writers(run_dir)
        self._batch_size = schedule.batch_size
        self._bar = Progress(
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


class Progress:
    """Shows how far a training is, its rate and the time left."""

    def __init__(self, start: int, steps: int, batch_size: int, log_every: int):
        """Starts the clock at step `start` of `steps`."""
        self._steps, self._batch_size = steps, batch_size
        self._log_every = log_every
        self._clock = (start, time.monotonic())
        self._bar = None
        if sys.stderr.isatty():
            self._bar = tqdm.tqdm(total=steps, initial=start, unit="step")

    def update(self, step: int, loss: float, learning_rate: float):
        """Reports a finished step, counted from 1."""
        text = f"loss {loss:.4f} lr {learning_rate:.2g}"
        if self._bar is not None:
            self._bar.set_postfix_str(text, refresh=False)
            self._bar.update()
        elif step % self._log_every == 0 or step == self._steps:
            rate = self.steps_per_second(step)
            left = (self._steps - step) / rate
            logging.info(
                "step %d/%d %s, %.0f examples/s, %d:%02d left",
                *(step, self._steps, text, rate * self._batch_size),
                *divmod(round(left), 60),
            )

    def steps_per_second(self, step: int) -> float:
        """Mean rate since the start."""
        first, begin = self._clock
        return (step - first) / max(time.monotonic() - begin, 1e-6)

    def close(self):
        """Leaves the finished bar on the screen."""
        if self._bar is not None:
            self._bar.close()
