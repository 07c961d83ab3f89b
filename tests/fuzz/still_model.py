"""A model for `predict` that answers at once: joints in the boxes' middles."""

import pathlib

import numpy as np

from deeppose_tf.geometry import skeletons
from deeppose_tf.inference import found_people
from deeppose_tf.serving import interface
from deeppose_tf.serving import saved_models


def install():
    """Takes the place of exports, whatever their paths."""
    saved_models.load = _load
    saved_models.start_fast = lambda: None
    saved_models.find_finder = lambda path: None
    found_people.PersonFinder = _Nobody


def _load(model_dir):
    rule = {"kind": "joints", "scale": 1.2, "square": True}
    return saved_models.Loaded(
        signatures={interface.IMAGE_TENSOR: _answer},
        skeleton=skeletons.LSP,
        metadata={"training_data": {"box": rule}},
        path=pathlib.Path(model_dir),
    )


def _answer(image, box):
    joints = np.repeat(box[:, None, :2], len(skeletons.LSP.joints), axis=1)
    return {
        interface.JOINTS: joints,
        interface.SCORES: np.full(joints.shape[:2], 0.5, np.float32),
    }


class _Nobody(found_people.PersonFinder):
    def __init__(self, path, rule):
        pass

    def __call__(self, path, image):
        return np.zeros((0, 4), np.float32)
