"""Detects people in a picture by OpenCV's HOG detector.

Dalal & Triggs, CVPR 2005: it detects upright, mostly visible people, and often
misses people who sit, lie or are half hidden. A box given by hand is better.
"""

import numpy as np

from deeppose_tf import extras
from deeppose_tf.geometry import boxes

# Least score. Of 33 large people of COCO, 0.3, 0.5 and 0.7 detect 17, 16 and
# 12, with 52, 30 and 19 false detections.
_SCORE = 0.5
_OVERLAP = 0.3  # Windows of a higher IoU mean the same person.
# Larger pictures are shrunk to this many pixels: time is proportional to them.
_PIXELS = 480 * 340
# Width of a border that repeats the picture's edge, as a share of the longer
# side: people who fill a photo leave no room for the window's margin.
_BORDER = 0.25
# The detector was trained on windows of 64 x 128 pixels, 16 of them around the
# person on all sides.
_WINDOW = np.array([64, 128])
_PERSON = np.array([32, 96])


class PersonDetector:
    """Detects people, and puts boxes around them as the training data has."""

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
        """Boxes of a picture's people, by descending score.

        Args:
            path: unused; the functions of `photo_boxes` take it too.
            image: uint8 [height, width, 3], RGB.

        Returns:
            float32 [people, 4], pixels.
        """
        people = [to_box(window, self._rule) for window in self.windows(image)]
        return np.array(people, np.float32).reshape(-1, 4)

    def windows(self, image: np.ndarray) -> np.ndarray:
        """The detector's windows, float [people, 4], by descending score."""
        cv2 = self._cv2
        sides = image.shape[1::-1]
        shrink = min(1.0, np.sqrt(_PIXELS / np.prod(sides)))
        sides = np.round(np.multiply(sides, shrink)).astype(int)
        if (sides < _PERSON).any():
            # OpenCV would end the process where not one window fits.
            return np.zeros((0, 4), np.float32)
        small = cv2.resize(image, sides.tolist(), interpolation=cv2.INTER_AREA)
        border = round(_BORDER * sides.max())
        bordered = cv2.copyMakeBorder(
            small, border, border, border, border, cv2.BORDER_REPLICATE
        )
        corners, sides = np.split(self._detect(bordered), 2, axis=-1)
        return (
            np.concatenate([corners - border + sides / 2, sides], -1) / shrink
        )

    def _detect(self, image):
        """Windows as float32 [people, 4]: left, top, width, height."""
        windows, scores = self._hog.detectMultiScale(
            image,
            hitThreshold=_SCORE,
            winStride=(8, 8),
            padding=(16, 16),
            scale=1.05,
            groupThreshold=0,
        )
        windows = np.reshape(windows, (-1, 4)).astype(np.float32)
        kept = self._cv2.dnn.NMSBoxes(
            windows.tolist(), np.ravel(scores).tolist(), 0.0, _OVERLAP
        )
        return windows[np.array(kept, int)]


def to_box(window: np.ndarray, rule: dict) -> np.ndarray:
    """The box, float32 [4], that the training data's rule gives for a window.

    A window has margins around the person. Where the rule encloses joints, the
    person inside the window is scaled by it; where the training boxes were
    whole images of people, which have margins too, the window is.
    """
    if rule["kind"] == "joints":
        window = np.concatenate([window[:2], window[2:] * _PERSON / _WINDOW])
    return boxes.scaled(window, rule["scale"], rule["square"])
