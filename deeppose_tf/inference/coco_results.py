"""Predicted poses as COCO's keypoint results, for pycocotools and the like."""

import collections
import pathlib

import numpy as np
from absl import logging

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.inference import coco_names
from deeppose_tf.inference.predicted_poses import Poses
from deeppose_tf.storage import json_files

NAME = "keypoints.json"
_PERSON = 1  # COCO's category.


class Results:
    """The people of all photos, for one file.

    Attributes:
        num_photos: whose people were added.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        photos: list[pathlib.Path],
        ids: dict[pathlib.Path, int],
    ):
        """Begins with nobody.

        Args:
            skeleton: of the model.
            photos: all photos.
            ids: COCO's, of some photos; others have the number that is their
                name, or where one has none, all are numbered from 1.

        Raises:
            InputError: the skeleton has no joint of COCO's.
        """
        if not {*skeleton.joints} & {*skeletons.COCO.joints}:
            raise errors.InputError(
                f"--format=coco: the model's joints {list(skeleton.joints)} "
                "have no name of COCO's; leave it out"
            )
        self._skeleton, self._people = skeleton, []
        self._ids = _complete(ids, photos)
        self.num_photos = 0

    def add(self, photo: pathlib.Path, poses: Poses):
        """Adds the people of a photo."""
        self.num_photos += 1
        for joints, scores, score in zip(
            poses.joints, poses.scores, poses.mean_score, strict=True
        ):
            points = self._keypoints(joints, scores)
            self._people.append(
                {
                    "image_id": self._ids[photo],
                    "file_name": photo.name,
                    "category_id": _PERSON,
                    "keypoints": np.round(points, 4).ravel().tolist(),
                    "score": round(float(score), 4),
                }
            )

    def _keypoints(self, joints, scores):
        """Float [17, 3]: x, y, score; zeros for joints that are not known."""
        points = np.zeros((len(skeletons.COCO.joints), 3))
        for i, name in enumerate(skeletons.COCO.joints):
            if name in self._skeleton.joints:
                k = self._skeleton.index(name)
                points[i] = *joints[k], scores[k]
        return points

    def save(self, folder: pathlib.Path) -> pathlib.Path:
        """Writes keypoints.json into a folder, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        json_files.save(folder / NAME, self._people)
        return folder / NAME


def _complete(ids, photos):
    numbers = {
        path: ids.get(path, coco_names.number_of(path)) for path in photos
    }
    counts = collections.Counter(numbers.values())
    unfit = [
        path
        for path, number in numbers.items()
        if number is None or counts[number] > 1
    ]
    if not unfit:
        return numbers
    logging.warning(
        "%s: its name is no number, or another's too; image_id numbers all "
        "photos from 1, and file_name says which",
        errors.printable(str(unfit[0])),
    )
    return {path: i for i, path in enumerate(photos, start=1)}
