"""Poses of a photo's people as a server answers them."""

import io
import pathlib
import random
import time

import numpy as np
from PIL import ExifTags
from PIL import Image

from deeppose_tf import errors
from deeppose_tf.inference import pose_files
from deeppose_tf.serving import interface

# What a server takes at once: max_batch_size of serving/batching.config.
_MOST = interface.PERSONS_PER_PASS
# Some multiples of batch_timeout_micros there, so that the second try meets
# other requests than the first.
_PAUSE_SECONDS = (0.05, 0.3)
# How files of both kinds begin.
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"


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


def encode(path: pathlib.Path, image: np.ndarray) -> bytes:
    """The file's own bytes where a server sees in them what we see.

    A server takes the pixels as they are stored, without turning them by EXIF,
    and reads JPEG and PNG only.

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
        # What JPEG lost already, it can lose again: a third of a PNG's bytes.
        upright.save(buffer, "JPEG", quality=95, subsampling=0)
    else:
        upright.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _turned(stored):
    with Image.open(io.BytesIO(stored)) as photo:
        # 1 is upright; 2 to 8 turn or mirror, and others mean nothing.
        return photo.getexif().get(ExifTags.Base.Orientation) in range(2, 9)
