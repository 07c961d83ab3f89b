"""Augmented crops: turned, mirrored and recolored in one sampling.

Of boxes of one size, as they are, `warp` gives the pixels that `crops.cut`
gives; a test compares them. It is for training alone: one picture at a time,
and compiled by XLA, which exports do without. TensorFlow's own kernel for
turned images takes three times as long.
"""

from typing import NamedTuple

import tensorflow as tf

from deeppose_tf.geometry import crops

# Pictures are filled up to this many pixels or a power of two above, since
# each length is compiled once.
_LEAST_PIXELS = 4096


class View(NamedTuple):
    """What one or several crops of a picture show.

    Attributes:
        box: float32 [crops, 4], pixels of the picture.
        turn: float32 [], radians by which the picture is turned around each
            box's center, clockwise as one sees it.
        mirrored: bool [crops], whether left and right are exchanged then.
    """

    box: tf.Tensor
    turn: tf.Tensor
    mirrored: tf.Tensor


class Color(NamedTuple):
    """Linear change of colors, on values in [0, 255].

    Attributes:
        gain: float32 [3], of red, green and blue.
        offset: float32 [3], added afterwards.
    """

    gain: tf.Tensor
    offset: tf.Tensor


@tf.function(jit_compile=True, autograph=False)
def normalize(points: tf.Tensor, view: View) -> tf.Tensor:
    """Where points of the picture lie in each crop.

    Args:
        points: float32, (x, y) in pixels: [points, 2] or [1, points, 2] for
            all crops, [crops, points, 2] for each its own; where there is one
            crop, [n, points, 2] for n sets of points in it.
        view: of the crops.

    Returns:
        float32 [crops or n, points, 2], units of the crop's box: -0.5 to 0.5
        inside.
    """
    cos, sin = tf.cos(view.turn), tf.sin(view.turn)
    forth = tf.stack([tf.stack([cos, -sin]), tf.stack([sin, cos])])
    turned = tf.linalg.matvec(forth, points - view.box[:, None, :2])
    sign = tf.where(view.mirrored, -1.0, 1.0)
    sign = tf.stack([sign, tf.ones_like(sign)], axis=-1)
    return turned / view.box[:, None, 2:] * sign[:, None]


def warp(image: tf.Tensor, view: View, size: int, color: Color) -> tf.Tensor:
    """Cuts the crops of a view out of one picture.

    Bilinear, out of the picture averaged down by a power of two such that the
    crops' pixels lie 0.7 to 1.4 pixels apart in the geometric mean.

    Args:
        image: uint8 [height, width, 3].
        view: of the crops.
        size: side of the crops, pixels.
        color: how colors change.

    Returns:
        float32 [crops, size, size, 3], values in [0, 255].
    """
    sides = tf.abs(view.box[:, 2] * view.box[:, 3])
    step = tf.exp(tf.reduce_mean(tf.math.log(tf.maximum(sides, 1.0)))) ** 0.5
    level = crops.level(step / size)
    block = tf.bitwise.left_shift(1, level)

    def sample(pixels):
        shape = tf.shape(pixels)[:2]
        return _sample(_filled_up(pixels), shape, view, block, size, color)

    return tf.cond(
        level > 0,
        lambda: sample(_averaged(image, block)),
        lambda: sample(image),
    )


def _matrix(view, size, block):
    """From indices (x, y, 1) of a crop to those of the picture averaged down.

    Returns:
        float32 [crops, 2, 3].
    """
    cos, sin = tf.cos(view.turn), tf.sin(view.turn)
    back = tf.stack([tf.stack([cos, sin]), tf.stack([-sin, cos])])
    center, sides = view.box[:, :2] / block, view.box[:, 2:] / block
    sign = tf.where(view.mirrored, -1.0, 1.0)
    steps = tf.stack([sides[:, 0] * sign, sides[:, 1]], axis=-1) / size
    scaled = back * steps[:, None]
    # Pixel centers lie half a pixel from the indices, here and there.
    middle = tf.fill([2], (size - 1) / 2)
    origin = center - tf.linalg.matvec(scaled, middle) - 0.5
    return tf.concat([scaled, origin[..., None]], axis=-1)


def _averaged(image, block):
    """Means of blocks, as `crops.cut` makes them: float32 [h, w, 3]."""
    rows, columns = tf.unstack(-tf.shape(image)[:2] % block)
    fill = tf.constant(crops.FILL, image.dtype)
    image = tf.pad(
        image, [[0, rows], [0, columns], [0, 0]], constant_values=fill
    )
    shape = tf.shape(image)[:2] // block
    return tf.image.resize(image, shape, method="area")


def _filled_up(pixels):
    """[h, w, 3] -> [length, 3], of a length that many pictures share."""
    num = tf.size(pixels) // 3
    doublings = tf.math.log(tf.cast(num, tf.float32) / _LEAST_PIXELS)
    doublings = tf.math.ceil(tf.maximum(doublings / tf.math.log(2.0), 0.0))
    length = tf.bitwise.left_shift(_LEAST_PIXELS, tf.cast(doublings, tf.int32))
    # Rounding may leave it one pixel short of a power of two.
    rest = tf.zeros([tf.maximum(length - num, 0) * 3], pixels.dtype)
    flat = tf.concat([tf.reshape(pixels, [-1]), rest], axis=0)
    return tf.reshape(flat, [-1, 3])


@tf.function(jit_compile=True, autograph=False)
def _sample(pixels, shape, view, block, size, color):
    """Bilinear samples; beyond the border lies `crops.FILL`."""
    cells = tf.range(size, dtype=tf.float32)
    matrix = _matrix(view, size, tf.cast(block, tf.float32))[..., None, None]
    x, y = (
        matrix[:, i, 0] * cells
        + matrix[:, i, 1] * cells[:, None]
        + matrix[:, i, 2]
        for i in range(2)
    )
    height, width = shape[0], shape[1]
    top, down, rows = _neighbors(y, height)
    left, right, columns = _neighbors(x, width)
    at = top * width + left

    def pixel(index):
        return tf.cast(tf.gather(pixels, index), tf.float32)

    below = at + width
    upper = pixel(at) + (pixel(at + 1) - pixel(at)) * right
    lower = pixel(below) + (pixel(below + 1) - pixel(below)) * right
    values = upper + (lower - upper) * down
    inside = (rows * columns)[..., None]
    values = crops.FILL + inside * (values - crops.FILL)
    return tf.clip_by_value(values * color.gain + color.offset, 0.0, 255.0)


def _neighbors(place, extent):
    """Of places along one side of the picture.

    Returns:
        index: int32, the pixel before.
        share: float32 [..., 1], of the pixel after.
        inside: float32, how much of the sample lies in the picture.
    """
    last = tf.cast(extent, tf.float32) - 1.0
    within = tf.clip_by_value(place, 0.0, last)
    index = tf.cast(tf.minimum(within, tf.maximum(last - 1.0, 0.0)), tf.int32)
    share = within - tf.cast(index, tf.float32)
    inside = tf.minimum(place, last - place) + 1.0
    return index, share[..., None], tf.clip_by_value(inside, 0.0, 1.0)
