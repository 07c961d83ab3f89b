"""Poses predicted in a picture, and their files: a drawing and a JSON."""

import dataclasses
import pathlib

import numpy as np
from PIL import Image

from deeppose_tf import files
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.inference import photos
from deeppose_tf.visualization import pose_overlay

_LEAST_SIDE = 480  # Pixels, of a drawing.


@dataclasses.dataclass(frozen=True, eq=False)
class Poses:
    """A cascade's predictions for the people of one picture.

    Attributes:
        box: float [people, 4], the input, pixels; w or h of 0: the whole image.
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
    poses: Poses,
    skeleton: Skeleton,
    model: str,
) -> pathlib.Path:
    """Writes NAME.pose.png and NAME.pose.json, and makes the folder for them.

    Args:
        folder: for both files.
        photo: path of the picture.
        image: uint8 [height, width, 3], its pixels.
        poses: in pixels of `image`.
        skeleton: of the joints.
        model: path or URL of the model, for the JSON.

    Returns:
        The path of the drawing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = folder / f"{photo.stem}{photos.DRAWN}"
    _save_drawing(drawn, image, poses, skeleton)
    height, width = image.shape[:2]
    values = {
        "image": str(photo),
        "width": width,
        "height": height,
        "model": model,
        "people": to_json(poses, skeleton),
    }
    files.save(folder / f"{photo.stem}.pose.json", values)
    return drawn


def _save_drawing(path, image, poses, skeleton):
    """A picture with poses on it; small ones are enlarged."""
    height, width = image.shape[:2]
    scale = max(1.0, _LEAST_SIDE / max(height, width))
    large = Image.fromarray(image)
    if scale > 1.0:
        large = large.resize((round(scale * width), round(scale * height)))
    drawn = pose_overlay.draw(
        np.asarray(large), scale * poses.joints, skeleton, poses.scores
    )
    with files.atomic(path) as temporary:
        # The least effort: a photo of 12 megapixels takes a tenth of the time.
        Image.fromarray(drawn).save(temporary, compress_level=1)


def to_json(poses: Poses, skeleton: Skeleton) -> list[dict]:
    """A dict a person: box (None: the whole image), joints and scores."""
    return [
        {
            "box": _rounded(box) if box[2:].min() > 0 else None,
            "joints": _named(skeleton, _rounded(joints)),
            "scores": _named(skeleton, _rounded(scores, 4)),
        }
        for box, joints, scores in zip(
            poses.box, poses.joints, poses.scores, strict=True
        )
    ]


def _rounded(values, digits=2):
    return np.round(np.asarray(values, np.float64), digits).tolist()


def _named(skeleton, values):
    return dict(zip(skeleton.joints, values, strict=True))
