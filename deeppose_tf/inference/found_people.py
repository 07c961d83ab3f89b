"""Boxes of the people that a finder sees in a picture."""

import pathlib

import numpy as np

from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import skeletons
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.serving import interface

# Least score; docs/inference.md has how many people are found with it.
_SCORE = 0.25
# Sides of a box over the tightest one, where training boxes have no such rule.
_SCALE = 1.25
# The rule of the pretrained models' boxes, for those whose rule nobody knows.
USUAL = {"kind": "joints", "scale": _SCALE, "square": True}
# The finder's boxes are 1.2 times the tightest around joints (median). At so
# much of the rule's scale they give the best poses: benchmarks/found_boxes.py.
SHRINK = 0.88
# A skeleton with so many joints of COCO's names is a person's.
_HUMAN = 4
# What programs add to a line about a photo without people.
NOBODY = " (nobody was found; --people=whole takes the photo for one)"


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
        # It imports TensorFlow, without which a server's people are found.
        from deeppose_tf.serving import saved_models

        self._signatures = saved_models.load_finder(model_dir)
        self._rule = rule

    def around(self, tight: np.ndarray) -> np.ndarray:
        """See `around_joints`."""
        return around_joints(tight, self._rule)

    def __call__(self, path: pathlib.Path, image: np.ndarray) -> np.ndarray:
        """Boxes of a picture's people, by descending score.

        Args:
            path: unused; the functions of `photo_boxes` take it too.
            image: uint8 [height, width, 3], RGB.

        Returns:
            float32 [people, 4], pixels.
        """
        found = self._signatures[interface.IMAGE_TENSOR](image=image[None])
        box, score = found[interface.BOX], found[interface.SCORE]
        return sure(box[0].numpy(), score[0].numpy(), self._rule)


def sure(box: np.ndarray, score: np.ndarray, rule: dict) -> np.ndarray:
    """Boxes of those who are surely people, as training people have them.

    Args:
        box: float32 [n, 4], around each person, pixels.
        score: float32 [n].
        rule: of the training people's boxes, as in dataset.json.

    Returns:
        float32 [people, 4], pixels, in the order of `box`.
    """
    return around_people(box[score >= _SCORE], rule)


def are_asked_for(people: str | None, skeleton: Skeleton) -> bool:
    """Whether --people=find is meant; None: for models of people.

    Args:
        people: "find", "whole" or None.
        skeleton: of the model.
    """
    return are_wanted(skeleton) if people is None else people == "find"


def around_joints(tight: np.ndarray, rule: dict) -> np.ndarray:
    """Boxes as the training people's.

    Args:
        tight: float32 [..., 4], the tightest around a person's joints.
        rule: of the training people's boxes, as in dataset.json.
    """
    return boxes.scaled(tight, _scale(rule), rule["square"])


def around_people(box: np.ndarray, rule: dict) -> np.ndarray:
    """The same of boxes around whole people, as finders and COCO have them."""
    return boxes.scaled(box, SHRINK * _scale(rule), rule["square"])


def _scale(rule):
    is_around_joints = rule["kind"] in ("joints", "annotated")
    return rule["scale"] if is_around_joints else _SCALE


def are_wanted(skeleton: Skeleton) -> bool:
    """Whether a model's joints are those of people, not of hands or animals."""
    human = set(skeleton.joints) & set(skeletons.COCO.joints)
    return len(human) >= _HUMAN
