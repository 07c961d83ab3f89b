"""Files of the poses in a picture: a drawing and a JSON."""

import dataclasses
import pathlib

import numpy as np
from PIL import Image

from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.inference import photo_paths
from deeppose_tf.inference.predicted_poses import Poses
from deeppose_tf.storage import files
from deeppose_tf.storage import json_files
from deeppose_tf.visualization import pose_overlay

_LEAST_SIDE = 480  # Pixels, of a drawing.
# How Pillow saves a drawing, by suffix.
_SAVED = {
    # Thin colored lines blur where colors are stored at half the size.
    ".jpg": {"quality": 95, "subsampling": 0},
    # The least effort: a photo of 12 megapixels takes a tenth of the time.
    ".png": {"compress_level": 1},
}


def write(
    folder: pathlib.Path,
    photo: pathlib.Path,
    image: np.ndarray,
    poses: Poses,
    skeleton: Skeleton,
    model: str,
    min_score: float = 0.0,
) -> pathlib.Path:
    """Writes both files; see `write_drawing`, `write_json`.

    Returns:
        The path of the drawing.
    """
    drawn = write_drawing(folder, photo, image, poses, skeleton, min_score)
    write_json(folder, photo, image, poses, skeleton, model)
    return drawn


def write_drawing(
    folder: pathlib.Path,
    photo: pathlib.Path,
    image: np.ndarray,
    poses: Poses,
    skeleton: Skeleton,
    min_score: float = 0.0,
) -> pathlib.Path:
    """Writes a picture with poses on it; small ones are enlarged.

    Args:
        folder: for the file; it is made.
        photo: path of the picture; of a JPEG the drawing is NAME.pose.jpg, of
            others NAME.pose.png.
        image: uint8 [height, width, 3], its pixels.
        poses: in pixels of `image`.
        skeleton: of the joints.
        min_score: joints with a lower score are not drawn.

    Returns:
        The path of the drawing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / photo_paths.drawing_name(photo)
    height, width = image.shape[:2]
    scale = max(1.0, _LEAST_SIDE / max(height, width))
    if scale > 1.0:
        size = round(scale * width), round(scale * height)
        image = np.asarray(Image.fromarray(image).resize(size))
    enlarged = dataclasses.replace(
        poses, box=scale * poses.box, joints=scale * poses.joints
    )
    pixels = draw(image, enlarged, skeleton, min_score)
    with files.atomic(path) as temporary:
        Image.fromarray(pixels).save(temporary, **_SAVED[path.suffix])
    return path


def write_json(
    folder: pathlib.Path,
    photo: pathlib.Path,
    image: np.ndarray,
    poses: Poses,
    skeleton: Skeleton,
    model: str,
):
    """Writes NAME.pose.json into a folder, which is made.

    Args:
        folder: for the file.
        photo: path of the picture.
        image: uint8 [height, width, 3], its pixels.
        poses: in pixels of `image`.
        skeleton: of the joints.
        model: path or URL of the model.
    """
    folder.mkdir(parents=True, exist_ok=True)
    height, width = image.shape[:2]
    values = {
        "image": str(photo),
        "width": width,
        "height": height,
        "model": model,
        "people": to_json(poses, skeleton),
    }
    json_files.save(folder / f"{photo.stem}.pose.json", values)


def draw(
    image: np.ndarray,
    poses: Poses,
    skeleton: Skeleton,
    min_score: float = 0.0,
    names: list[str] | None = None,
) -> np.ndarray:
    """A copy of a picture with poses, boxes and the people's scores on it.

    Args:
        image: uint8 [height, width, 3].
        poses: in its pixels.
        skeleton: of the joints.
        min_score: joints with a lower score are left out.
        names: of the people, to stand before their scores.
    """
    labels = [f"{score:.2f}" for score in poses.score]
    if names is not None:
        labels = [" ".join(pair) for pair in zip(names, labels, strict=True)]
    canvas = pose_overlay.Canvas(image)
    canvas.add_boxes(poses.box, labels)
    canvas.add_poses(poses.joints, skeleton, poses.scores, min_score)
    return canvas.pixels()


def to_json(poses: Poses, skeleton: Skeleton) -> list[dict]:
    """A dict a person: box (None: the whole image), score, joints, scores."""
    return [
        {
            "box": _rounded(box) if box[2:].min() > 0 else None,
            "score": _rounded(score, 4),
            "joints": _named(skeleton, _rounded(joints)),
            "scores": _named(skeleton, _rounded(scores, 4)),
        }
        for box, score, joints, scores in zip(
            poses.box, poses.score, poses.joints, poses.scores, strict=True
        )
    ]


def _rounded(values, digits=2):
    return np.round(np.asarray(values, np.float64), digits).tolist()


def _named(skeleton, values):
    return dict(zip(skeleton.joints, values, strict=True))
