"""Draws the poses that TensorFlow Serving predicts on photos.

python -m deeppose_tf.client --server=localhost:8501 --protocol=rest PHOTO...
"""

import contextlib
import pathlib

import tqdm
from absl import flags

from deeppose_tf import app
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
    "host:port; TensorFlow Serving's default port is 8500 for gRPC, 8501 for "
    "REST.",
    required=True,
)
_PROTOCOL = flags.DEFINE_enum(
    "protocol",
    "rest",
    list(remote_predictor.CLIENTS),
    "Protocol of the requests.",
)
_MODEL = flags.DEFINE_string("model", "lsp", "Name of the model on the server.")
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "out", "Folder for pictures and JSON."
)
_SKELETON = flags.DEFINE_string(
    "skeleton",
    "lsp",
    f"Skeleton of the model: {', '.join(skeletons.KNOWN)}, or "
    "assets/deeppose.json of its export.",
)
_BOX = flags.DEFINE_list(
    "box",
    None,
    "Box of the person: cx,cy,w,h in pixels of the upright photo. Default: the "
    "whole photo.",
)
_BOXES = flags.DEFINE_string(
    "boxes",
    None,
    "JSON file with the boxes of all people: "
    '{"photo.jpg": [[cx, cy, w, h], ...], ...}.',
)
_TIMEOUT = flags.DEFINE_float(
    "timeout",
    10.0,
    "Seconds to wait for an answer: over REST for each try, over gRPC for all "
    "tries of a request.",
    lower_bound=0.001,
)
_RETRIES = flags.DEFINE_integer(
    "retries",
    3,
    "Further tries after a failed connection, or if the server is not ready.",
    lower_bound=0,
    upper_bound=4,  # gRPC's own limit.
)


def main(argv):
    """Goes through the photos; an error in one does not stop the others."""
    paths = photos.find(argv[1:])
    if not paths:
        raise errors.InputError("name at least one photo or folder")
    boxes_of = photo_boxes.from_flags(_BOX.value, _BOXES.value, paths)
    skeleton = skeleton_files.from_flag(_SKELETON.value)
    folder = pathlib.Path(_OUTPUT_DIR.value)
    source = f"{_PROTOCOL.value}://{_SERVER.value}/{_MODEL.value}"
    server = remote_predictor.connect(
        _PROTOCOL.value,
        _SERVER.value,
        _MODEL.value,
        _TIMEOUT.value,
        _RETRIES.value,
    )

    def draw(path):
        image = photos.load(path)
        poses = _ask(server, path, image, boxes_of(path, image))
        _check(poses, skeleton)
        drawn = pose_files.write(folder, path, image, poses, skeleton, source)
        tqdm.tqdm.write(f"wrote {drawn}")

    with contextlib.closing(server):
        photos.each(paths, draw)


def _ask(server, path, image, box):
    encoded = remote_predictor.encode(path, image)
    try:
        return remote_predictor.ask(server, encoded, box)
    except errors.InputError as error:
        raise errors.InputError(f"{path}: {error}") from error


def _check(poses, skeleton):
    """Raises ServerError where the outputs do not fit the skeleton."""
    if poses.joints.shape != (len(poses.box), *poses.scores.shape[1:], 2):
        raise server_errors.ServerError(
            f"--model={_MODEL.value}: joints {list(poses.joints.shape)} and "
            f"scores {list(poses.scores.shape)} are not of [people, joints]; "
            "serve an export of deeppose_tf.export"
        )
    count = poses.joints.shape[1]
    if len(poses.box) and count != len(skeleton.joints):
        raise server_errors.ServerError(
            f"--skeleton={_SKELETON.value} has {len(skeleton.joints)} joints, "
            f"but --model={_MODEL.value} returns {count}; name the model's "
            "skeleton, or assets/deeppose.json of its export"
        )


if __name__ == "__main__":
    app.run(main)
