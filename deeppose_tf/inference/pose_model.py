"""Poses in photos from Python.

It needs no TensorFlow: `loaded_model` has what `deeppose_tf.load` gives,
`remote.served_model` what `deeppose_tf.connect` gives.
"""

import abc
import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np

from deeppose_tf import errors
from deeppose_tf.geometry import boxes as box_units
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.inference import photo_boxes
from deeppose_tf.inference import photos
from deeppose_tf.inference import pose_files
from deeppose_tf.inference import predicted_poses
from deeppose_tf.visualization import pose_overlay

# A photo: the path or the bytes of a file, or uint8 [height, width, 3], RGB.
Photo = str | pathlib.Path | bytes | np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Person:
    """A predicted pose.

    Attributes:
        box: float [4], where the person was looked for: cx, cy, w, h, pixels.
        joints: float [joints, 2], (x, y) in pixels of the upright photo.
        scores: float [joints], the probability that each lies within 0.2 torso
            diameters of the truth.
        score: between 0 and 1: high where there is somebody in the box.
        skeleton: of the joints.
    """

    box: np.ndarray
    joints: np.ndarray
    scores: np.ndarray
    score: float
    skeleton: Skeleton

    @property
    def names(self) -> tuple[str, ...]:
        """Of the joints, in their order."""
        return self.skeleton.joints

    def to_dict(self) -> dict:
        """What `predict` writes for a person: box, joints, scores by name."""
        (values,) = pose_files.to_json(self._poses(), self.skeleton)
        return values

    def draw(self, image: np.ndarray) -> np.ndarray:
        """A copy of uint8 [height, width, 3] with the pose on it."""
        canvas = pose_overlay.Canvas(image)
        canvas.add_poses(self.joints[None], self.skeleton, self.scores[None])
        return canvas.pixels()

    def _poses(self):
        return predicted_poses.Poses(
            self.box[None],
            self.joints[None],
            self.scores[None],
            np.array([self.score]),
        )


class PoseModel(abc.ABC):
    """A cascade, and what finds people for it.

    Attributes:
        skeleton: of the joints that it predicts.
    """

    skeleton: Skeleton

    def predict(
        self,
        photo: Photo | Sequence[Photo],
        boxes: np.ndarray | Sequence | None = None,
    ) -> list:
        """The people of a photo, or a list of them for each of several.

        Args:
            photo: path, bytes or pixels of a photo, or a list of photos. Files
                are turned upright.
            boxes: float [people, 4], cx, cy, w, h in pixels of the upright
                photo; of a list of photos, a list of such. None: people are
                found; a model of something else takes the whole photo.

        Returns:
            A list of `Person`, by descending score of the finder, or in the
            order of `boxes`.

        Raises:
            InputError: a photo cannot be read, or boxes are none, or lie
                outside it.
            ServerError: a server gives no answers.
        """
        if isinstance(photo, list | tuple):
            several = [None] * len(photo) if boxes is None else boxes
            if len(several) != len(photo):
                raise errors.InputError(
                    f"boxes: {len(several)} entries for {len(photo)} photos"
                )
            return [
                self.predict(*one) for one in zip(photo, several, strict=True)
            ]
        image = _pixels(photo)
        box = None if boxes is None else _checked(boxes, image)
        poses = self._poses(photo, image, box)
        return [
            Person(*parts, float(score), self.skeleton)
            for *parts, score in zip(
                poses.box, poses.joints, poses.scores, poses.score, strict=True
            )
        ]

    @abc.abstractmethod
    def _poses(
        self, photo: Photo, image: np.ndarray, box: np.ndarray | None
    ) -> predicted_poses.Poses:
        """Poses of the people in boxes.

        Args:
            photo: as it was given to `predict`.
            image: uint8 [height, width, 3], the same photo, upright.
            box: float32 [people, 4], pixels; None: see `predict`.
        """


def _pixels(photo):
    if isinstance(photo, np.ndarray):
        if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3:
            raise errors.InputError(
                f"photo: array of {photo.dtype} {list(photo.shape)}, want "
                "uint8 [height, width, 3] (RGB)"
            )
        if not photo.size:
            raise errors.InputError(
                f"photo: array {list(photo.shape)} has no pixels"
            )
        return photo
    if isinstance(photo, bytes):
        return photos.decode(photo)
    if isinstance(photo, str | pathlib.Path):
        return photos.load(pathlib.Path(photo))
    raise errors.InputError(
        f"photo: {type(photo).__name__}, want a path, bytes or an array"
    )


def _checked(boxes, image):
    try:
        box = np.asarray(boxes, np.float64).reshape(-1, 4)
    except (OverflowError, TypeError, ValueError) as error:
        raise errors.InputError(
            f"boxes: {boxes!r:.80}: want [people, 4]: cx, cy, w, h in pixels"
        ) from error
    # Of NaN both are False.
    sound = (np.abs(box) <= box_units.LARGEST).all()
    if not sound or not (box[:, 2:].astype(np.float32) > 0).all():
        raise errors.InputError(
            "boxes: want cx, cy, w, h in pixels, finite, w and h above 0"
        )
    box = box.astype(np.float32)
    photo_boxes.refuse_outside(box, image, "boxes")
    return box
