"""Boxes of the people that a finder sees in a picture."""

import pathlib

import numpy as np

from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import skeletons
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.serving import interface
from deeppose_tf.serving import saved_models

# Least score; docs/inference.md has how many people are found with it.
_SCORE = 0.25
# Sides of a box over the tightest one, where training boxes have no such rule.
_SCALE = 1.25
# The finder's boxes are 1.2 times the tightest around joints (median). At so
# much of the rule's scale they give the best poses: docs/inference.md.
_SHRINK = 0.88
# A skeleton with so many joints of COCO's names is a person's.
_HUMAN = 4


class PersonFinder:
    """Finds people, and puts boxes around them as the training data has."""

    def __init__(self, model_dir: str, rule: dict):
        """Loads the finder.

        Args:
            model_dir: saved_models/NAME of an exported finder.
            rule: of the training people's boxes, as in dataset.json.

        Raises:
            InputError: there is no finder.
        """
        self._signatures = saved_models.load_finder(model_dir)
        around_joints = rule["kind"] in ("joints", "annotated")
        self._scale = rule["scale"] if around_joints else _SCALE
        self._square = rule["square"]

    def around(self, tight: np.ndarray) -> np.ndarray:
        """Boxes as of training people, of the tightest ones around joints."""
        return boxes.scaled(tight, self._scale, self._square)

    def __call__(self, path: pathlib.Path, image: np.ndarray) -> np.ndarray:
        """Boxes of a picture's people, by descending score.

        Args:
            path: unused; the functions of `photo_boxes` take it too.
            image: uint8 [height, width, 3], RGB.

        Returns:
            float32 [people, 4], pixels.
        """
        found = self._signatures[interface.IMAGE_TENSOR](image=image[None])
        sure = found[interface.SCORE][0].numpy() >= _SCORE
        box = found[interface.BOX][0].numpy()[sure]
        return boxes.scaled(box, _SHRINK * self._scale, self._square)


def are_wanted(skeleton: Skeleton) -> bool:
    """Whether a model's joints are those of people, not of hands or animals."""
    human = set(skeleton.joints) & set(skeletons.COCO.joints)
    return len(human) >= _HUMAN
