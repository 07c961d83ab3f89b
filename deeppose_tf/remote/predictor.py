"""Asks a model server for people and their poses, one photo at a time."""

import random
import re
import time

import numpy as np

from deeppose_tf import errors
from deeppose_tf import extras
from deeppose_tf.geometry import skeleton_files
from deeppose_tf.inference import found_people
from deeppose_tf.inference import predicted_poses
from deeppose_tf.remote import answers
from deeppose_tf.remote import server_errors
from deeppose_tf.serving import interface

# By protocol; they are imported where they are wanted, since they need
# packages of the extra "serving".
CLIENTS = {
    "rest": "deeppose_tf.remote.rest_client",
    "grpc": "deeppose_tf.remote.grpc_client",
}
MOST_RETRIES = 4  # gRPC's own limit.
_DAY = 24 * 3600.0  # Seconds.
# The most people in a request: max_batch_size of serving/batching.config.
_MOST = interface.PERSONS_PER_PASS
# Several times batch_timeout_micros there, so that the second try is batched
# with other requests than the first.
_PAUSE_SECONDS = (0.05, 0.3)


def connect(protocol: str, server: str, timeout: float, retries: int):
    """A client of a server; it connects with the first request.

    Args:
        protocol: of `CLIENTS`.
        server: host:port.
        timeout: see `rest_client.Client` and `grpc_client.Client`.
        retries: likewise.

    Returns:
        `rest_client.Client` or `grpc_client.Client`.

    Raises:
        InputError: an argument is wrong, or a package is missing.
    """
    if protocol not in CLIENTS:
        raise errors.InputError(
            f"--protocol={protocol}: want {' or '.join(CLIENTS)}"
        )
    port = re.fullmatch(r"(?:[\w.-]+|\[[\da-fA-F:.]+\]):(\d{1,5})", server)
    if not port or int(port[1]) > 65535:
        raise errors.InputError(
            f"--server={server}: want host:port, as in localhost:8501"
        )
    if not 0.0 < timeout <= _DAY or not 0 <= retries <= MOST_RETRIES:
        raise errors.InputError(
            f"--timeout={timeout:g} --retries={retries}: want seconds above 0, "
            f"at most a day, and 0 to {MOST_RETRIES} retries"
        )
    module = extras.load(
        CLIENTS[protocol], wanted_by=f"--protocol={protocol}", extra="serving"
    )
    return module.Client(server, timeout, retries)


class RemotePredictor:
    """A cascade and a person finder of a server.

    Attributes:
        skeleton: of the cascade's joints.
    """

    def __init__(self, client, model: str, finder: str | None, skeleton: str):
        """Asks nothing yet.

        Args:
            client: of `connect`; it is closed with this predictor.
            model: name of the cascade on the server.
            finder: name of the finder there; None: there is none.
            skeleton: name, or path of a file, of the cascade's; from
                assets/deeppose.json of its export comes, too, how large the
                boxes of its training people were.

        Raises:
            InputError: there is no such skeleton, or the file is damaged.
        """
        self._client = client
        self._model = answers.cascade(model)
        self._finder = None if finder is None else answers.finder(finder)
        self.skeleton = skeleton_files.from_flag(skeleton)
        self._rule = skeleton_files.box_rule(skeleton) or found_people.USUAL

    def close(self):
        """Ends the connection."""
        self._client.close()

    def around_people(self, box: np.ndarray) -> np.ndarray:
        """Boxes as the model wants them; see `found_people.around_people`."""
        return found_people.around_people(box, self._rule)

    def find(self, encoded: bytes) -> np.ndarray:
        """Boxes of a photo's people, as `found_people.PersonFinder` has them.

        Args:
            encoded: JPEG or PNG, upright.

        Returns:
            float32 [people, 4], pixels, by descending score.

        Raises:
            InputError: no answer for this photo.
            ServerError: no answer for any photo.
        """
        outputs = self._asked(self._finder, {"image_bytes": [encoded]})
        box, score = answers.found(self._finder, outputs)
        return found_people.sure(box, score, self._rule)

    def poses(self, encoded: bytes, box: np.ndarray) -> predicted_poses.Poses:
        """Poses of one photo's people, in as many requests as it takes.

        Args:
            encoded: JPEG or PNG, upright.
            box: float32 [people, 4], pixels; w or h of 0: the whole photo.

        Raises:
            InputError: no answer for this photo.
            ServerError: no answer for any photo.
        """
        k = len(self.skeleton.joints)
        parts = []
        for i in range(0, len(box), _MOST):
            part = box[i : i + _MOST]
            inputs = {"image_bytes": [encoded] * len(part), "box": part}
            outputs = self._asked(self._model, inputs)
            parts.append(answers.poses(self._model, outputs, part, k))
        return predicted_poses.joined(parts, k)

    def _asked(self, model, inputs):
        try:
            return self._client.ask(model, inputs)
        except server_errors.RejectedError:
            # A server that batches requests rejects a batch for a single bad
            # image, which may be another client's.
            time.sleep(random.uniform(*_PAUSE_SECONDS))
            return self._client.ask(model, inputs)
