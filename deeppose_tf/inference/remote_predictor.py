"""Connects to a model server, and asks it for the poses of a photo's people."""

import io
import pathlib
import random
import re
import time

import numpy as np
from PIL import ExifTags
from PIL import Image

from deeppose_tf import errors
from deeppose_tf import extras
from deeppose_tf.inference import pose_files
from deeppose_tf.serving import interface

# By protocol; they are imported where they are wanted, since they need
# packages of the extra "serving".
CLIENTS = {
    "rest": "deeppose_tf.inference.rest_client",
    "grpc": "deeppose_tf.inference.grpc_client",
}
# The most people in a request: max_batch_size of serving/batching.config.
_MOST = interface.PERSONS_PER_PASS
# Several times batch_timeout_micros there, so that the second try is batched
# with other requests than the first.
_PAUSE_SECONDS = (0.05, 0.3)
# The first bytes of such files.
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"


def connect(
    protocol: str, server: str, model: str, timeout: float, retries: int
):
    """A client for one model of a server; it connects with the first request.

    Args:
        protocol: of `CLIENTS`.
        server: host:port.
        model: its name on the server.
        timeout: see `rest_client.Client` and `grpc_client.Client`.
        retries: likewise.

    Returns:
        `rest_client.Client` or `grpc_client.Client`.

    Raises:
        InputError: `server` is not host:port, or a package is missing.
    """
    port = re.fullmatch(r"[^/@\s]+:(\d{1,5})", server)
    if not port or int(port[1]) > 65535:
        raise errors.InputError(
            f"--server={server}: want host:port, as in localhost:8501"
        )
    module = extras.load(
        CLIENTS[protocol], wanted_by=f"--protocol={protocol}", extra="serving"
    )
    return module.Client(server, model, timeout, retries)


def ask(server, encoded: bytes, box: np.ndarray) -> pose_files.Poses:
    """Asks for all people of one photo, in as many requests as it takes.

    Args:
        server: of `connect`.
        encoded: the photo, JPEG or PNG.
        box: float32 [people, 4], pixels; w or h of 0: the whole photo.

    Raises:
        InputError: no answer for this photo.
        ServerError: no answer for any photo.
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
        # A server that batches requests rejects a batch for a single bad image,
        # which may be another client's.
        if "image_bytes[" not in str(error):
            raise
        time.sleep(random.uniform(*_PAUSE_SECONDS))
        return server.ask(encoded, box)


def encode(path: pathlib.Path, image: np.ndarray) -> bytes:
    """JPEG or PNG bytes from which a server decodes the upright photo.

    A server reads JPEG and PNG only, and ignores EXIF orientation. The file's
    bytes are taken unchanged where that makes no difference.

    Args:
        path: of the photo.
        image: uint8 [height, width, 3], the same photo, upright.
    """
    stored = path.read_bytes()
    if stored.startswith((_JPEG, _PNG)) and not _turned(stored):
        return stored
    buffer = io.BytesIO()
    upright = Image.fromarray(image)
    if stored.startswith(_JPEG):
        # The photo was compressed with loss before; PNG is three times as long.
        upright.save(buffer, "JPEG", quality=95, subsampling=0)
    else:
        upright.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _turned(stored):
    with Image.open(io.BytesIO(stored)) as photo:
        # 1 is upright; 2 to 8 rotate or mirror; other values mean nothing.
        return photo.getexif().get(ExifTags.Base.Orientation) in range(2, 9)
