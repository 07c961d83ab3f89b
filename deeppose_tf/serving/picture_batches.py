"""The people of a request, as batches of windows that networks can see.

A request names a picture and a box for each person. Each picture of a batch is
opened once, and of it only the windows of its people are kept (see
geometry/windows.py), so that memory stays bounded.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from deeppose_tf.geometry import crops
from deeppose_tf.geometry import windows
from deeppose_tf.serving import interface

# So many pictures are decoded at once. Each takes 3 bytes a pixel, and as many
# again for its windows.
_PICTURES_AT_ONCE = 4


class Request(NamedTuple):
    """The people of a request.

    Attributes:
        sources: [n], what each person's picture is opened from; equal ones are
            opened once a batch.
        open_picture: from a source to uint8 [height, width, 3].
        box_of: from a person's index to float32 [4], pixels; w or h <= 0 means
            the whole picture.
        error: the message for a picture that cannot be opened, {} for the
            person's index.
    """

    sources: tf.Tensor
    open_picture: Callable
    box_of: Callable
    error: str


class People(NamedTuple):
    """Windows of one person each, or of a batch of n.

    Attributes:
        index: int64 [n], of the person in the request.
        image: uint8 [n, height, width, 3], padded to one size with FILL.
        box: float32 [n, 4], pixels of the window.
        origin: float32 [n, 2], the window's corner, pixels of the picture.
        factor: float32 [n], pixels of the picture per pixel of the window.
    """

    index: tf.Tensor
    image: tf.Tensor
    box: tf.Tensor
    origin: tf.Tensor
    factor: tf.Tensor


# Ends each batch, so that there is one even where no picture can be opened.
_NOBODY = People(
    index=np.int64(-1),
    image=np.full([1, 1, 3], crops.FILL, np.uint8),
    box=np.zeros(4, np.float32),
    origin=np.zeros(2, np.float32),
    factor=np.float32(1.0),
)
_PADDING = People(
    index=np.int64(0),
    image=np.uint8(crops.FILL),
    box=0.0,
    origin=0.0,
    factor=0.0,
)


def load(request: Request, first, last, box_rule: dict) -> People:
    """A batch of the people `first` to `last` - 1 of a request.

    They come picture by picture, not in the order of the request.

    Args:
        request: with at most PERSONS_PER_PASS people from `first` to `last`.
        first: int32 [].
        last: int32 [].
        box_rule: of the training people's boxes, as in dataset.json.

    Raises:
        InvalidArgumentError: the graph raises it where a picture cannot be
            opened.
    """
    return tf.cond(
        last - first == 1,
        lambda: _one(request, first, box_rule),
        lambda: _several(request, first, last, box_rule),
    )


def _one(request, index, box_rule):
    """A batch of one, as most requests are: without what several need."""
    opened = (
        tf.data.Dataset.from_tensors(request.sources[index])
        .map(request.open_picture)
        .ignore_errors()
        .concatenate(tf.data.Dataset.from_tensors(_NOBODY.image[:0]))
        .take(1)
        .get_single_element()
    )
    readable = tf.debugging.Assert(
        tf.size(opened) > 0, [tf.strings.format(request.error, index)]
    )
    # On a GPU the whole picture would be copied there, to be cut.
    with tf.device("CPU:0"), tf.control_dependencies([readable]):
        picture = tf.identity(opened)
        person = _window(
            tf.cast(index, tf.int64), picture, request.box_of(index), box_rule
        )
    return People(*(values[None] for values in person))


def _several(request, first, last, box_rule):
    """A batch of any number; see `load`."""
    sources = request.sources[first:last]
    pictures, picture_of = tf.unique(sources)

    def people_in(number, picture):
        in_batch = tf.where(picture_of == number)[:, 0]
        return tf.data.Dataset.from_tensor_slices(
            in_batch + tf.cast(first, tf.int64)
        ).map(lambda i: _window(i, picture, request.box_of(i), box_rule))

    batch = (
        tf.data.Dataset.range(tf.size(pictures, tf.int64))
        .map(
            lambda i: (tf.cast(i, tf.int32), request.open_picture(pictures[i])),
            num_parallel_calls=_PICTURES_AT_ONCE,
        )
        .ignore_errors()  # `_complete` names the people that are missing.
        .flat_map(people_in)
        .concatenate(tf.data.Dataset.from_tensors(_NOBODY))
        .padded_batch(interface.PERSONS_PER_PASS + 1, padding_values=_PADDING)
        .get_single_element()
    )
    people = People(*(values[:-1] for values in batch))
    indices = tf.range(tf.size(sources, tf.int64)) + tf.cast(first, tf.int64)
    return _complete(people, indices, request.error)


def _window(index, picture, box, box_rule):
    """One person's window; the whole picture where the box is empty."""
    has_box = tf.reduce_min(box[2:]) > 0.0
    b0 = tf.where(has_box, box, _whole_picture(picture, box_rule))
    image, origin, factor = windows.window(picture, b0)
    return People(
        index=index,
        image=image,
        box=windows.box_into_window(b0, origin, factor),
        origin=origin,
        factor=factor,
    )


def _whole_picture(picture, box_rule):
    """The box [4] of a picture, made as the boxes of the training people."""
    size = tf.cast(windows.extent(picture), tf.float32)
    center = size / 2.0
    if box_rule["square"]:
        size = tf.repeat(tf.reduce_max(size), 2)
    if box_rule["kind"] == "image":
        size *= box_rule["scale"]
    return tf.concat([center, size], -1)


def _complete(people, indices, error):
    """The people, if each of the indices is among them."""
    missing = tf.sets.difference(indices[None], people.index[None]).values
    first_missing = tf.concat([missing, [-1]], 0)[0]
    readable = tf.debugging.Assert(
        tf.size(missing) == 0, [tf.strings.format(error, first_missing)]
    )
    with tf.control_dependencies([readable]):
        return People(*(tf.identity(values) for values in people))
