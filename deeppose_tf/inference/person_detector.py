"""People in a picture, found by OpenCV's HOG detector.

Dalal & Triggs, CVPR 2005: upright, mostly visible people. Sitting, lying and
half-hidden ones are often missed, so a box of one's own beats it.
"""

import numpy as np

from deeppose_tf import extras
from deeppose_tf.geometry import boxes

# Of the detector's margin. On 33 large people of COCO 0.3, 0.5 and 0.7 find 17,
# 16 and 12, and 52, 30 and 19 that are nobody.
_SCORE = 0.5
_OVERLAP = 0.3  # Of two boxes that mean one person, as IoU.
# Larger pictures are shrunk to this many pixels: time goes with them.
_PIXELS = 480 * 340
# The picture is framed by this share of its longer side, its border pixels
# repeated: people who fill a photo leave no room for the window's margin.
_FRAME = 0.25
# The detector was trained on windows of 64 x 128 pixels, 16 of them around the
# person on all sides.
_WINDOW = np.array([64, 128])
_PERSON = np.array([32, 96])


class Finder:
    """Finds people, and puts boxes around them as training did."""

    def __init__(self, rule: dict):
        """Sets the detector up.

        Args:
            rule: of the training people's boxes, as in dataset.json.

        Raises:
            InputError: OpenCV is missing.
        """
        self._rule = rule
        self._cv2 = extras.opencv("--people=auto")
        self._hog = self._cv2.HOGDescriptor()
        self._hog.setSVMDetector(
            self._cv2.HOGDescriptor_getDefaultPeopleDetector()
        )

    def __call__(self, path, image: np.ndarray) -> np.ndarray:
        """Boxes of a picture's people, the surest first.

        Args:
            path: unused; every way to boxes is called with it.
            image: uint8 [height, width, 3], RGB.

        Returns:
            float32 [people, 4], pixels.
        """
        found = [to_box(window, self._rule) for window in self.windows(image)]
        return np.array(found, np.float32).reshape(-1, 4)

    def windows(self, image: np.ndarray) -> np.ndarray:
        """The detector's windows, float32 [people, 4], the surest first."""
        cv2 = self._cv2
        sides = image.shape[1::-1]
        shrink = min(1.0, np.sqrt(_PIXELS / np.prod(sides)))
        sides = np.round(np.multiply(sides, shrink)).astype(int)
        if (sides < _PERSON).any():
            # OpenCV would end the process where not one window fits.
            return np.zeros((0, 4), np.float32)
        small = cv2.resize(image, sides.tolist(), interpolation=cv2.INTER_AREA)
        frame = round(_FRAME * sides.max())
        framed = cv2.copyMakeBorder(small, *[frame] * 4, cv2.BORDER_REPLICATE)
        found, scores = self._hog.detectMultiScale(
            framed,
            hitThreshold=_SCORE,
            winStride=(8, 8),
            padding=(16, 16),
            scale=1.05,
            groupThreshold=0,
        )
        found = np.reshape(found, (-1, 4)).astype(np.float32)
        corners, sides = found[:, :2] - frame, found[:, 2:]
        windows = np.concatenate([corners + sides / 2, sides], -1) / shrink
        return windows[strongest(windows, np.reshape(scores, -1))]


def to_box(window: np.ndarray, rule: dict) -> np.ndarray:
    """The box of training's rule, float32 [4], for a detector's window.

    The window has margins. Where training's boxes were drawn about the joints,
    the person inside the window is scaled in the same way; where they were
    whole images of people, which have margins too, the window is.
    """
    if rule["kind"] == "joints":
        window = np.concatenate([window[:2], window[2:] * _PERSON / _WINDOW])
    return boxes.scaled(window, rule["scale"], rule["square"])


def strongest(found: np.ndarray, scores: np.ndarray) -> list[int]:
    """Indices of the boxes that no surer box overlaps, the surest first.

    Args:
        found: float [n, 4].
        scores: float [n].
    """
    kept = []
    for i in np.argsort(-scores, kind="stable"):
        if all(overlap(found[i], found[j]) <= _OVERLAP for j in kept):
            kept.append(int(i))
    return kept


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes [4]."""
    low = np.maximum(a[:2] - a[2:] / 2, b[:2] - b[2:] / 2)
    high = np.minimum(a[:2] + a[2:] / 2, b[:2] + b[2:] / 2)
    shared = np.maximum(high - low, 0.0).prod()
    return float(shared / (a[2:].prod() + b[2:].prod() - shared))
