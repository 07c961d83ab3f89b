"""Poses in a picture, and what is written of them: a drawing and a JSON."""

import dataclasses
import pathlib

import numpy as np

from deeppose_tf import files
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.inference import photos
from deeppose_tf.visualization import pose_drawing


@dataclasses.dataclass(frozen=True, eq=False)
class Poses:
    """What a cascade answers for the people of one picture.

    Attributes:
        box: float [people, 4], as asked, pixels; w or h of 0: the whole image.
        joints: float [people, joints, 2], pixels.
        scores: float [people, joints].
    """

    box: np.ndarray
    joints: np.ndarray
    scores: np.ndarray


def write(
    folder: pathlib.Path,
    photo: pathlib.Path,
    image: np.ndarray,
    found: Poses,
    skeleton: Skeleton,
    model: str,
) -> pathlib.Path:
    """Writes NAME.pose.png and NAME.pose.json, and makes the folder for them.

    Args:
        folder: where to.
        photo: where the picture came from.
        image: uint8 [height, width, 3].
        found: the poses.
        skeleton: of the joints.
        model: what answered, in words.

    Returns:
        The path of the drawing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = folder / f"{photo.stem}{photos.DRAWN}"
    pose_drawing.save_pose(drawn, image, found.joints, skeleton)
    height, width = image.shape[:2]
    values = {
        "image": str(photo),
        "width": width,
        "height": height,
        "model": model,
        "people": to_json(found, skeleton),
    }
    files.save(folder / f"{photo.stem}.pose.json", values)
    return drawn


def to_json(found: Poses, skeleton: Skeleton) -> list[dict]:
    """A dict for each person: its box (None: whole image), joints, scores."""
    return [
        {
            "box": _rounded(box) if box[2:].min() > 0 else None,
            "joints": _named(skeleton, _rounded(joints)),
            "scores": _named(skeleton, _rounded(scores, 4)),
        }
        for box, joints, scores in zip(
            found.box, found.joints, found.scores, strict=True
        )
    ]


def _rounded(values, digits=2):
    return np.round(np.asarray(values, np.float64), digits).tolist()


def _named(skeleton, values):
    return dict(zip(skeleton.joints, values, strict=True))
