"""Joints of a video without jitter: the One Euro filter.

Casiez, Roussel, Vogel: 1 Euro Filter, CHI 2012. A low-pass filter whose cutoff
grows with speed: what rests does not tremble, what is fast does not lag. The
authors' package OneEuroFilter filters single numbers; here are arrays.
"""

import numpy as np

# Hz, at rest, and for each side of the person's box a second. Where a noisy
# video of a photo rests, they take 60% of the jitter (frame to frame); where it
# moves by 0.7 sides a second, they add 15% to the error.
LEAST_CUTOFF, PER_SPEED = 1.0, 20.0
# Hz, of the filter for the speed; the paper's.
_SPEED_CUTOFF = 1.0


class OneEuro:
    """Filters one person's joints, frame by frame."""

    def __init__(self):
        """Begins with nothing."""
        self._seconds = self._joints = self._speed = None

    def __call__(
        self, seconds: float, joints: np.ndarray, side: float
    ) -> np.ndarray:
        """The joints of the next frame, smoothed.

        Args:
            seconds: time of the frame; a frame no later than the one before
                has its joints.
            joints: float [joints, 2], pixels.
            side: of the person's box, pixels, in which speed is measured.
        """
        if self._seconds is None:
            self._joints, self._speed = joints, np.zeros_like(joints)
        elif seconds > self._seconds:
            step = seconds - self._seconds
            speed = (joints - self._joints) / step
            self._speed += _share(_SPEED_CUTOFF, step) * (speed - self._speed)
            fast = np.linalg.norm(self._speed, axis=-1, keepdims=True) / side
            share = _share(LEAST_CUTOFF + PER_SPEED * fast, step)
            self._joints = self._joints + share * (joints - self._joints)
        self._seconds = seconds
        return self._joints


def _share(cutoff, step):
    """Weight of a new value, after `step` seconds; the paper's alpha."""
    return 1.0 / (1.0 + 1.0 / (2.0 * np.pi * cutoff * step))
