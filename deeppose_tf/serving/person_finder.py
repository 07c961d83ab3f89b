"""Finds people in pictures: MoveNet MultiPose as a SavedModel.

The exported graph goes from JPEG or PNG bytes to boxes, so that a server needs
no detector of its own.
"""

import math
import pathlib

import tensorflow as tf

from deeppose_tf import picture_formats
from deeppose_tf.geometry import crops
from deeppose_tf.networks import tfjs_files
from deeppose_tf.serving import interface
from deeppose_tf.serving import versions
from deeppose_tf.serving import warmup
from deeppose_tf.storage import digests
from deeppose_tf.storage import json_files

_OUTPUT = "Identity"
# The network sees a square of so many pixels; it takes multiples of 32.
_SIDE = 320
# The most that it tells of a picture.
_MOST = 6
_JOINTS = 17
# Joints with a lower score do not widen a person's box.
_LEAST_JOINT = 0.2
# Persons whose boxes overlap more are one.
_OVERLAP = 0.6
# Rounded to float16, as stored, this constant of the network is 0.00784302.
_SCALE = "StatefulPartitionedCall/truediv"


def export(weights: pathlib.Path, export_dir: pathlib.Path) -> pathlib.Path:
    """Writes the finder as the next version.

    Args:
        weights: movenet-multipose.json, with the .bin file beside it.
        export_dir: saved_models/NAME.

    Returns:
        The new folder, saved_models/NAME/VERSION.

    Raises:
        InputError: the files are missing, damaged or of another network.
    """
    finder = Finder(weights)
    card = {
        interface.FINDER_KIND: "MoveNet MultiPose",
        "people": _MOST,
        "units": "boxes in pixels of the image as stored",
    }

    def write(temporary):
        tf.saved_model.save(
            finder,
            str(temporary),
            signatures={
                interface.IMAGE_BYTES: finder.from_bytes,
                interface.IMAGE_TENSOR: finder.from_pixels,
            },
        )
        (temporary / interface.METADATA).parent.mkdir(exist_ok=True)
        json_files.save(temporary / interface.METADATA, card)
        warmup.write(temporary, export_dir.name, finder=True)
        digests.note_all(temporary)

    return versions.add(export_dir, write)


class Finder(tf.Module):
    """The network with its signatures."""

    def __init__(self, path: pathlib.Path):
        """Reads the network.

        Args:
            path: movenet-multipose.json, with the .bin file beside it.

        Raises:
            InputError: the files are missing, damaged or of another network.
        """
        super().__init__()
        content = tfjs_files.read(path)
        try:
            self._network = _network(content)
        # Another network lacks nodes, or takes no pictures of this size.
        except (KeyError, ValueError) as error:
            raise tfjs_files.damaged(
                path, "is not MoveNet MultiPose"
            ) from error

    @tf.function(
        input_signature=[tf.TensorSpec([None], tf.string, "image_bytes")]
    )
    def from_bytes(self, image_bytes):
        """People in JPEG or PNG images.

        Args:
            image_bytes: string [n].

        Returns:
            box: float32 [n, 6, 4], the tightest around each person: cx, cy, w,
            h in pixels, by descending score; score: float32 [n, 6], 0 where
            there is nobody.
        """
        return self._each(
            lambda one: self._people(
                crops.decode(crops.within_limit(one, picture_formats.LARGEST))
            ),
            image_bytes,
        )

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None, None, 3], tf.uint8, "image")
        ]
    )
    def from_pixels(self, image):
        """People in uint8 [n, height, width, 3]; see `from_bytes`."""
        return self._each(self._people, image)

    def _each(self, people, pictures):
        box, score = tf.map_fn(
            people,
            pictures,
            fn_output_signature=(
                tf.TensorSpec([_MOST, 4], tf.float32),
                tf.TensorSpec([_MOST], tf.float32),
            ),
        )
        return {interface.BOX: box, interface.SCORE: score}

    def _people(self, picture):
        """Boxes and scores in one picture, uint8 [height, width, 3]."""
        sides = tf.cast(tf.shape(picture)[:2], tf.float32)
        longer = tf.reduce_max(sides)
        square = tf.image.resize(
            picture,
            tf.cast(
                tf.maximum(tf.round(sides * _SIDE / longer), 1.0), tf.int32
            ),
            antialias=True,
        )
        square = tf.image.pad_to_bounding_box(square, 0, 0, _SIDE, _SIDE)
        (found,) = self._network(tf.cast(tf.round(square), tf.int32)[None])
        found = tf.ensure_shape(found[0], [_MOST, 3 * _JOINTS + 5])
        low, high = _extent(found)
        corners = tf.concat([low, high], axis=-1)[:, ::-1] * longer
        low, high = corners[:, 2:], corners[:, :2]
        box = tf.concat([(low + high) / 2.0, high - low], axis=-1)
        return _distinct(box, found[:, -1])


def _network(content):
    """A function from int32 [1, side, side, 3] to what MultiPose tells."""
    scale = {_SCALE: content.tensors[_SCALE] * 0 + 1 / 127.5}
    graph = tfjs_files.graph(content.nodes, content.tensors | scale, [_OUTPUT])
    network = tf.compat.v1.wrap_function(
        lambda picture: tf.graph_util.import_graph_def(
            graph, {"input": picture}, [f"{_OUTPUT}:0"]
        ),
        [tf.TensorSpec([1, _SIDE, _SIDE, 3], tf.int32)],
    )
    (output,) = network.structured_outputs
    if output.shape.as_list() != [1, _MOST, 3 * _JOINTS + 5]:
        raise ValueError(output.shape)
    return network


def _extent(found):
    """Corners (y, x) of the box around each person's joints and its own box."""
    joints = tf.reshape(found[:, : 3 * _JOINTS], [_MOST, _JOINTS, 3])
    sure = joints[..., 2:] >= _LEAST_JOINT
    places, edges = joints[..., :2], found[:, -5:-1]
    low = tf.reduce_min(tf.where(sure, places, math.inf), axis=1)
    high = tf.reduce_max(tf.where(sure, places, -math.inf), axis=1)
    return tf.minimum(low, edges[:, :2]), tf.maximum(high, edges[:, 2:])


def _distinct(box, score):
    """Boxes by descending score; of those that are one person, the first."""
    low, high = box[:, :2] - box[:, 2:] / 2.0, box[:, :2] + box[:, 2:] / 2.0
    kept = tf.image.non_max_suppression(
        tf.concat([low, high], axis=-1), score, _MOST, _OVERLAP
    )
    missing = [[0, _MOST - tf.size(kept)]]
    box = tf.pad(tf.gather(box, kept), [*missing, [0, 0]])
    score = tf.pad(tf.gather(score, kept), missing)
    return tf.ensure_shape(box, [_MOST, 4]), tf.ensure_shape(score, [_MOST])
