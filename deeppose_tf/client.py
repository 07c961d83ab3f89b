"""Draws the poses that TensorFlow Serving predicts on photos.

python -m deeppose_tf.client --server=localhost:8501 --protocol=rest PHOTO...
"""

import contextlib
import functools
import pathlib

import tqdm
from absl import flags

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.inference import found_people
from deeppose_tf.inference import photo_boxes
from deeppose_tf.inference import photo_paths
from deeppose_tf.inference import photos
from deeppose_tf.inference import pose_files
from deeppose_tf.launch import app
from deeppose_tf.remote import photo_bytes
from deeppose_tf.remote import predictor

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
    list(predictor.CLIENTS),
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
    "assets/deeppose.json of its export, which also says how large the boxes "
    "of its training people were.",
)
_BOX = flags.DEFINE_list(
    "box",
    None,
    "Box of the person: cx,cy,w,h in pixels of the upright photo.",
)
_BOXES = flags.DEFINE_string(
    "boxes",
    None,
    "JSON file with the boxes of all people: "
    '{"photo.jpg": [[cx, cy, w, h], ...], ...}; or COCO\'s detection results '
    "or annotations.",
)
_PEOPLE = flags.DEFINE_enum(
    "people",
    None,
    ["find", "whole"],
    "Where no boxes are given: find asks the server's finder first; whole "
    "takes the photo for one person. Default: find, for models of people.",
)
_FINDER = flags.DEFINE_string(
    "finder",
    "person_finder",
    "Name on the server of what finds people, an export of "
    "deeppose_tf.export_finder.",
)
_TIMEOUT = flags.DEFINE_float(
    "timeout",
    10.0,
    "Seconds to wait for the whole of an answer: over REST for each try, over "
    "gRPC for all tries of a request.",
    lower_bound=0.001,
)
_RETRIES = flags.DEFINE_integer(
    "retries",
    3,
    "Further tries after a failed connection, or if the server is not ready.",
    lower_bound=0,
    upper_bound=predictor.MOST_RETRIES,
)


def main(argv):
    """Goes through the photos; an error in one does not stop the others."""
    names = argv[1:]
    paths = photo_paths.find(names)
    if not paths:
        raise errors.InputError("name at least one photo or folder")
    given = photo_boxes.are_given(_BOX.value, _BOXES.value, _PEOPLE.value)
    server = predictor.RemotePredictor(
        predictor.connect(
            _PROTOCOL.value, _SERVER.value, _TIMEOUT.value, _RETRIES.value
        ),
        _MODEL.value,
        _FINDER.value,
        _SKELETON.value,
    )
    with contextlib.closing(server):
        # Without boxes, of the whole photo.
        boxes_of = photo_boxes.from_flags(
            _BOX.value, _BOXES.value, paths, server.around_people
        )
        if not given and found_people.are_asked_for(
            _PEOPLE.value, server.skeleton
        ):
            boxes_of = None
        draw = functools.partial(_draw, server, boxes_of)
        photos.each(paths, draw, photo_paths.clashes(paths, names))


def _draw(server, boxes_of, path):
    """Asks for a photo's poses; where no boxes are given, for people first."""
    image = photos.load(path)
    encoded = photo_bytes.encode(path, image)
    box = boxes_of(path, image) if boxes_of else None
    try:
        found = server.find(encoded) if box is None else box
        poses = server.poses(encoded, found)
    except errors.InputError as error:
        raise errors.InputError(f"{path}: {error}") from error
    source = f"{_PROTOCOL.value}://{_SERVER.value}/{_MODEL.value}"
    folder = pathlib.Path(_OUTPUT_DIR.value)
    drawn = pose_files.write(
        folder, path, image, poses, server.skeleton, source
    )
    nobody = found_people.NOBODY if box is None and not len(found) else ""
    tqdm.tqdm.write(f"wrote {drawn}{nobody}")


if __name__ == "__main__":
    app.run(main)
