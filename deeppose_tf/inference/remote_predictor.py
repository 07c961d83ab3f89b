"""Poses of a photo's people as a server answers them."""

import random
import time

import numpy as np

from deeppose_tf import errors
from deeppose_tf.inference import pose_files
from deeppose_tf.serving import signatures

# What a server takes at once: max_batch_size of serving/batching.config.
_MOST = signatures.PERSONS_PER_PASS
# Some multiples of batch_timeout_micros there, so that the second try meets
# other requests than the first.
_PAUSE_SECONDS = (0.05, 0.3)


def ask(server, encoded: bytes, box: np.ndarray) -> pose_files.Poses:
    """Asks as often as it takes for all people of one photo.

    Args:
        server: `rest_client.Client` or `grpc_client.Client`.
        encoded: the photo, JPEG or PNG.
        box: float32 [people, 4], pixels; w or h of 0: the whole photo.
    """
    if not len(box):
        return pose_files.Poses(box, np.zeros([0, 0, 2]), np.zeros([0, 0]))
    answers = [
        _answer(server, encoded, box[i : i + _MOST])
        for i in range(0, len(box), _MOST)
    ]
    joints, scores = (
        np.concatenate(part) for part in zip(*answers, strict=True)
    )
    return pose_files.Poses(box, joints, scores)


def _answer(server, encoded, box):
    try:
        return server.ask(encoded, box)
    except errors.InputError as error:
        # A server that answers requests in batches refuses all of a batch for
        # one image, which may be another client's.
        if "image_bytes[" not in str(error):
            raise
        time.sleep(random.uniform(*_PAUSE_SECONDS))
        return server.ask(encoded, box)
