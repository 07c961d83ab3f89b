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
        self._first, self._last = span or (0, 0)
        self._folder = folder
        self._runs = False

    @contextlib.contextmanager
    def step(self, step: int):
        """Around a step, also one outside the span."""
        if self._first <= step <= self._last and not self._runs:
            tf.profiler.experimental.start(str(self._folder))
            self._runs = True
        if not self._runs:
            yield
            return
        try:
            with tf.profiler.experimental.Trace("train", step_num=step, _r=1):
                yield
        except BaseException:
            self.close()
            raise
        if step >= self._last:
            self.close()

    def close(self):
        """Writes the profile, if one has begun."""
        if self._runs:
            tf.profiler.experimental.stop()
            self._runs = False
            logging.info(
                "Profile: %s, tab PROFILE of TensorBoard", self._folder
            )
