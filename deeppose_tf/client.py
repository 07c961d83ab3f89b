"""Draws the pose on one's own photos as a TensorFlow Serving answers it.

python -m deeppose_tf.client --server=localhost:8501 --protocol=rest PHOTO...
"""

import contextlib
import importlib
import pathlib
import re

import tqdm
from absl import app
from absl import flags

from deeppose_tf import errors
from deeppose_tf.geometry import skeleton_files
from deeppose_tf.geometry import skeletons
from deeppose_tf.inference import photo_boxes
from deeppose_tf.inference import photos
from deeppose_tf.inference import pose_files
from deeppose_tf.inference import remote_predictor
from deeppose_tf.inference import server_errors

_SERVER = flags.DEFINE_string(
    "server",
    None,
    "host:port; by default gRPC has 8500, REST 8501.",
    required=True,
)
_PROTOCOL = flags.DEFINE_enum(
    "protocol", "rest", ["rest", "grpc"], "How the server is asked."
)
_MODEL = flags.DEFINE_string("model", "lsp", "Its name on the server.")
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "out", "Folder for pictures and JSON."
)
_SKELETON = flags.DEFINE_string(
    "skeleton",
    "lsp",
    f"Of the model's joints: {', '.join(skeletons.KNOWN)}, or "
    "assets/deeppose.json of the export.",
)
_BOX = flags.DEFINE_list(
    "box",
    None,
    "The person's box: cx,cy,w,h in pixels of the upright photo; default the "
    "whole photo.",
)
_BOXES = flags.DEFINE_string(
    "boxes",
    None,
    "JSON file with everybody's boxes: "
    '{"photo.jpg": [[cx, cy, w, h], ...], ...}.',
)
_TIMEOUT = flags.DEFINE_float(
    "timeout",
    10.0,
    "Seconds to wait for an answer: to each try over REST, to all tries "
    "together over gRPC.",
    lower_bound=0.001,
)
_RETRIES = flags.DEFINE_integer(
    "retries",
    3,
    "Further tries where there is no connection, or the server is not ready.",
    lower_bound=0,
    upper_bound=4,  # gRPC's own limit.
)


def main(argv):
    """Goes through the photos; a bad one is named, and the rest go on."""
    paths = photos.find(argv[1:])
    if not paths:
        raise errors.InputError("name one photo or folder, or several")
    boxes_of = photo_boxes.from_flags(_BOX.value, _BOXES.value, paths)
    skeleton = skeleton_files.from_flag(_SKELETON.value)
    folder = pathlib.Path(_OUTPUT_DIR.value)
    source = f"{_PROTOCOL.value}://{_SERVER.value}/{_MODEL.value}"

    with contextlib.closing(_connected()) as server:

        def draw(path):
            image = photos.load(path)
            encoded = remote_predictor.encode(path, image)
            found = _ask(server, path, encoded, boxes_of(path, image))
            _check(found, skeleton)
            drawn = pose_files.write(
                folder, path, image, found, skeleton, source
            )
            tqdm.tqdm.write(f"wrote {drawn}")

        photos.each(paths, draw)


def _connected():
    port = re.fullmatch(r"[^/@\s]+:(\d{1,5})", _SERVER.value)
    if not port or int(port[1]) > 65535:
        raise errors.InputError(
            f"--server={_SERVER.value}: want host:port, as in localhost:8501"
        )
    try:
        module = importlib.import_module(
            f"deeppose_tf.inference.{_PROTOCOL.value}_client"
        )
    except ImportError as error:
        raise errors.InputError(
            f"--protocol={_PROTOCOL.value} needs the package {error.name}: "
            "pip install -e .[serving]"
        ) from error
    return module.Client(
        _SERVER.value, _MODEL.value, _TIMEOUT.value, _RETRIES.value
    )


def _ask(server, path, encoded, box):
    try:
        return remote_predictor.ask(server, encoded, box)
    except errors.InputError as error:
        raise errors.InputError(f"{path}: {error}") from error


def _check(found, skeleton):
    if found.joints.shape != (len(found.box), *found.scores.shape[1:], 2):
        raise server_errors.ServerError(
            f"--model={_MODEL.value}: joints {list(found.joints.shape)} and "
            f"scores {list(found.scores.shape)} are not of [people, joints]; "
            "serve an export of deeppose_tf.export"
        )
    count = found.joints.shape[1]
    if len(found.box) and count != len(skeleton.joints):
        raise server_errors.ServerError(
            f"--skeleton={_SKELETON.value} has {len(skeleton.joints)} joints, "
            f"but --model={_MODEL.value} answers {count}; name the model's "
            "own, or assets/deeppose.json of its export"
        )


if __name__ == "__main__":
    app.run(errors.one_line(main))
