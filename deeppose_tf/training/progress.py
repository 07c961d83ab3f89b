"""Progress: a bar on a terminal, plain lines in a log."""

import sys
import time

import tqdm
from absl import logging


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
