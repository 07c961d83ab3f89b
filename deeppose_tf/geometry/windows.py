"""Windows: the part of a picture that one person's crops can need."""

import tensorflow as tf

from deeppose_tf.geometry import crops

# The window of a larger box is averaged down, to a box of at least half as many
# pixels a side: memory stays bounded, and coarse crops skip few pixels.
MAX_BOX_SIDE = 512
# A window reaches this many box sides from the box's center.
_REACH = 1.5


def window(image: tf.Tensor, box: tf.Tensor):
    """The part of a picture that one person's crops can need.

    Each of its sides has at most 3 * MAX_BOX_SIDE pixels, and a few, whatever
    the shapes of picture and box.

    Args:
        image: uint8 [height, width, 3].
        box: float32 [4], the person's box b0, pixels.

    Returns:
        image: uint8 [h, w, 3], a slice of the picture, averaged down by a whole
            factor; at least one pixel, also for a box outside the picture. A
            side of the picture that is shorter than the factor is filled up
            with `crops.FILL`.
        origin: float32 [2], (x, y) of its corner in the picture.
        factor: float32 [], pixels of the picture per pixel of the slice.
    """
    side = tf.reduce_max(box[2:])
    whole = extent(image)
    # A box far larger than the picture needs no larger factor than the picture.
    largest = 2 * tf.reduce_max(whole) // MAX_BOX_SIDE
    factor = 1 + _inside(side // MAX_BOX_SIDE, 0, largest)
    last = tf.maximum(whole - factor, 0)
    low = _inside(tf.floor(box[:2] - _REACH * side), 0, last)
    # The blocks that `crops.cut` averages are then those of the whole picture.
    low -= low % (factor * 2 ** (crops.LEVELS - 1))
    least = tf.minimum(low + factor, whole)
    high = _inside(tf.math.ceil(box[:2] + _REACH * side), least, whole)
    size = tf.maximum((high - low) // factor, 1)
    high = tf.minimum(low + size * factor, whole)
    image = image[low[1] : high[1], low[0] : high[0]]
    # Not an `if`: AutoGraph does not reach here from a pipeline in a graph.
    image = tf.cond(
        factor > 1, lambda: _averaged(image, size, factor), lambda: image
    )
    return image, tf.cast(low, tf.float32), tf.cast(factor, tf.float32)


def extent(image):
    """Width and height of uint8 [height, width, 3], int32 [2].

    Not by `[1::-1]`, over which TensorFlow's optimizers of graphs stumble.
    """
    return tf.gather(tf.shape(image), [1, 0])


def _averaged(image, size, factor):
    """Blocks of factor x factor averaged: uint8 [size[1], size[0], 3].

    By the area kernel, which takes bytes: the whole as floats would take four
    times as many.
    """
    mean = tf.image.resize(image[None], size[::-1], method="area")[0]
    # Where a picture is thinner than a block, so are its blocks.
    thin = tf.minimum(extent(image), factor)
    share = tf.reduce_prod(
        tf.cast(thin, tf.float32) / tf.cast(factor, tf.float32)
    )
    filled = share * mean + (1.0 - share) * crops.FILL
    return tf.cast(tf.round(filled), tf.uint8)


def _inside(point, low, high):
    """Clips before the cast, since a distant box would overflow an int32."""
    low, high = tf.cast(low, tf.float32), tf.cast(high, tf.float32)
    return tf.cast(tf.clip_by_value(point, low, high), tf.int32)


def into_window(points, origin, factor):
    """Maps (x, y) [..., 2] from the picture into its window."""
    return (points - origin) / factor


def out_of_window(points, origin, factor):
    """Inverse of `into_window`."""
    return points * factor + origin


def box_into_window(box, origin, factor):
    """Maps a box [..., 4] from the picture into its window."""
    return tf.concat(
        [into_window(box[..., :2], origin, factor), box[..., 2:] / factor], -1
    )


def box_out_of_window(box, origin, factor):
    """Inverse of `box_into_window`; [n, 4], [n, 2] and [n]."""
    factor = factor[..., None]
    return tf.concat(
        [out_of_window(box[..., :2], origin, factor), box[..., 2:] * factor], -1
    )
