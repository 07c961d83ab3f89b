"""A cascade of a model server: what `deeppose_tf.connect` gives."""

from deeppose_tf.inference import found_people
from deeppose_tf.inference import photo_boxes
from deeppose_tf.inference import pose_model
from deeppose_tf.remote import photo_bytes
from deeppose_tf.remote import predictor


class ServedModel(pose_model.PoseModel):
    """A cascade of a server; a context manager, which ends the connection."""

    def __init__(
        self,
        server: str,
        *,
        protocol: str,
        model: str,
        finder: str | None,
        skeleton: str,
        timeout: float,
        retries: int,
    ):
        """See `deeppose_tf.connect`."""
        self._server = predictor.RemotePredictor(
            predictor.connect(protocol, server, timeout, retries),
            model,
            finder,
            str(skeleton),
        )
        self.skeleton = self._server.skeleton
        self._finds = finder is not None and found_people.are_wanted(
            self.skeleton
        )

    def close(self):
        """Ends the connection."""
        self._server.close()

    def __enter__(self):
        """Itself."""
        return self

    def __exit__(self, *_):
        """Ends the connection."""
        self.close()

    def _poses(self, photo, image, box):
        encoded = photo_bytes.encode(photo, image)
        if box is None:
            box = (
                self._server.find(encoded)
                if self._finds
                else photo_boxes.from_flag(None)
            )
        return self._server.poses(encoded, box)
