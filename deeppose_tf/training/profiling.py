"""A profile of some training steps, for TensorBoard."""

import contextlib
import pathlib

import tensorflow as tf
from absl import logging


class Profiler:
    """Writes what the steps of a span do to TensorBoard's folder."""

    def __init__(self, span: tuple[int, int] | None, folder: pathlib.Path):
        """Does nothing yet.

        Args:
            span: first and last step, counted from 1; None for no profile.
            folder: of TensorBoard; the profile lands in plugins/profile.
        """
        self._span, self._folder = span, folder
        self._runs = self._has_run = False

    @contextlib.contextmanager
    def step(self, step: int):
        """Around a step, also one outside the span."""
        first, last = self._span or (0, 0)
        if first <= step <= last and not self._runs:
            tf.profiler.experimental.start(str(self._folder))
            self._runs = self._has_run = True
        if not self._runs:
            yield
            return
        with tf.profiler.experimental.Trace("train", step_num=step, _r=1):
            yield
        if step == last:
            self._write()

    def close(self):
        """Writes a profile that a stop cut short, and says if there is none."""
        if self._runs:
            self._write()
        elif self._span and not self._has_run:
            logging.warning(
                "--profile_steps=%d,%d: none of these steps was done, so there "
                "is no profile",
                *self._span,
            )

    def _write(self):
        tf.profiler.experimental.stop()
        self._runs = False
        logging.info("Profile: %s, tab PROFILE of TensorBoard", self._folder)
