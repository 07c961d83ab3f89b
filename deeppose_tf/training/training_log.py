"""What a training reports while it runs: log lines, a bar, TensorBoard."""

import time

import tqdm
from absl import logging

from deeppose_tf.training import summaries

_POINTS = 10  # Steps between points of the loss in TensorBoard.
_SHOWN = ("score", "loss", "pdj@0.1", "pdj@0.2", "pdj@0.5")


class Log:
    """Reports steps and evaluations of one training."""

    def __init__(self, run_dir, start, schedule):
        """Begins at step `start`; see `trainer.fit`."""
        self._writers = summaries.Writers(run_dir, start)
        self._schedule = schedule
        # A bar on a terminal only; lines in a log elsewhere.
        self._bar = tqdm.tqdm(
            total=schedule.steps, initial=start, unit="step", disable=None
        )
        self._start = self._last_evaluation = (start, time.monotonic())
        # Seconds since the start, and since the last evaluation.
        self._waited = self._waited_since = 0.0

    def step(self, step: int, loss: float, learning_rate: float, waited: float):
        """Reports a finished step.

        Args:
            step: counted from 1.
            loss: of its batch.
            learning_rate: that it took.
            waited: seconds until its batch was there.
        """
        self._waited += waited
        self._waited_since += waited
        if step % _POINTS == 0 or self._schedule.is_evaluated(step):
            # No mean: a resumed training could not repeat it.
            values = {"loss": loss, "learning_rate": learning_rate}
            self._writers.write("train", step, values)
        message = f"loss {loss:.4f} lr {learning_rate:.2g}"
        self._bar.set_postfix_str(message, refresh=False)
        self._bar.update()
        last = step == self._schedule.steps
        if self._bar.disable and (step % self._schedule.log_every == 0 or last):
            rate = _rate(self._start, step)
            seconds = round((self._schedule.steps - step) / rate)
            logging.info(
                "step %d/%d %s, %.0f examples/s, input %.0f%%, %d:%02d left",
                step,
                self._schedule.steps,
                message,
                rate * self._schedule.batch_size,
                100 * self._waited * rate / (step - self._start[0]),
                *divmod(seconds, 60),
            )

    def speed(self, step: int) -> dict[str, float]:
        """Since the last evaluation, by what TensorBoard calls it.

        Returns:
            Examples a second, and the share of time that steps waited for them.
        """
        since, _ = self._last_evaluation
        rate = _rate(self._last_evaluation, step)
        return {
            "examples_per_second": rate * self._schedule.batch_size,
            "input_wait": self._waited_since * rate / max(step - since, 1),
        }

    def evaluation(self, step, speed, metrics):
        """Reports an evaluation, and starts the clock for the next.

        Args:
            step: that was evaluated.
            speed: of `speed`, before the evaluation.
            metrics: of the "validation" and perhaps of the "train" people.
        """
        training = speed | metrics.get("train", {})
        self._writers.write("train", step, training)
        self._writers.write("validation", step, metrics["validation"])
        message = " ".join(
            f"{name} {metrics['validation'][name]:.4f}"
            for name in _SHOWN
            if name in metrics["validation"]
        )
        logging.info("step %d validation %s", step, message)
        self._last_evaluation = (step, time.monotonic())
        self._waited_since = 0.0

    def flush(self):
        """Writes what TensorBoard shows so far to its files."""
        self._writers.flush()

    def close(self):
        """Leaves the finished bar on the screen."""
        self._bar.close()


def _rate(since, step):
    """Steps a second since (step, time)."""
    first, begin = since
    return (step - first) / max(time.monotonic() - begin, 1e-6)
