"""Draws the poses that TensorFlow Serving predicts on photos.

python -m deeppose_tf.client --server=localhost:8501 --protocol=rest PHOTO...
"""

import contextlib

import tqdm
from absl import flags

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.inference import found_people
from deeppose_tf.inference import photo_flags
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
_SKELETON = flags.DEFINE_string(
    "skeleton",
    "lsp",
    f"Skeleton of the model: {', '.join(skeletons.KNOWN)}, or "
    "assets/deeppose.json of its export, which also says how large the boxes "
    "of its training people were.",
)
_FLAGS = photo_flags.PhotoFlags(finds="asks the server's finder first")
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
    paths = _FLAGS.paths(names)
    server = predictor.RemotePredictor(
        predictor.connect(
            _PROTOCOL.value, _SERVER.value, _TIMEOUT.value, _RETRIES.value
        ),
        _MODEL.value,
        _FINDER.value,
        _SKELETON.value,
    )
    with contextlib.closing(server):
        boxes_of = _boxes(paths, server)

        def draw(path):
            folder = _FLAGS.output_dir / photo_paths.below(path, names)
            tqdm.tqdm.write(_draw(folder, path, server, boxes_of))

        photos.each(paths, draw, photo_paths.clashes(paths, names))


def _boxes(paths, server):
    """A function of path and picture; None: the server finds people."""
    given = _FLAGS.boxes_are_given()
    if not given and found_people.are_asked_for(_FLAGS.people, server.skeleton):
        return None
    return _FLAGS.boxes_of(paths, server.around_people)


def _draw(folder, path, server, boxes_of):
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
    drawn = pose_files.write(
        *(folder, path, image, poses, server.skeleton, source),
        min_score=_FLAGS.min_score,
    )
    nobody = found_people.NOBODY if box is None and not len(found) else ""
    return f"wrote {drawn}{nobody}"


if __name__ == "__main__":
    app.run(main)
