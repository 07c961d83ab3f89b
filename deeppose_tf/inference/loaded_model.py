"""An exported cascade in this process: what `deeppose_tf.load` gives."""

import pathlib

from deeppose_tf.inference import found_people
from deeppose_tf.inference import photo_boxes
from deeppose_tf.inference import pose_model
from deeppose_tf.inference import predictor
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions


class LoadedModel(pose_model.PoseModel):
    """An exported cascade, and what finds people for it.

    Attributes:
        path: of the export.
    """

    def __init__(self, path: str | pathlib.Path | None = None):
        """Loads an export.

        Args:
            path: saved_models/NAME, or one version of it; None: the pretrained
                model.

        Raises:
            InputError: there is none.
        """
        self._model = saved_models.load(
            str(path or versions.PRETRAINED), flag=None
        )
        self.skeleton = self._model.skeleton
        self.path = self._model.path
        self._finder = None

    def _poses(self, photo, image, box):
        if box is None:
            box = self._found(image)
        return predictor.of_picture(self._model, image, box)

    def _found(self, image):
        if not found_people.are_wanted(self.skeleton):
            return photo_boxes.from_flag(None)
        if self._finder is None:
            rule = self._model.metadata["training_data"]["box"]
            self._finder = found_people.PersonFinder(str(versions.FINDER), rule)
        return self._finder(None, image)
