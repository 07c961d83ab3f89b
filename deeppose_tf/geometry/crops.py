"""THE way pixels get from an image into a network.

Training, evaluation and serving all call these functions, so what a network is
trained on is what it is served.
"""

import tensorflow as tf

# What lies outside the image: mid-grey, 0 after the networks' input scaling.
FILL = 127
# A larger person's box is averaged down, to at least half of this many pixels
# a side: memory stays bounded, and coarse crops of it skip few pixels.
MAX_BOX_SIDE = 512
# How often an image is halved, and 1: a box of MAX_BOX_SIDE wants no more for
# crops of 64 pixels.
_LEVELS = 4
# A window reaches this many box sides from the box's center.
_REACH = 1.5


def cut(images: tf.Tensor, boxes: tf.Tensor, size: int) -> tf.Tensor:
    """Cuts N(x; b) (DeepPose, sec. 3) out of each image, for several boxes.

    Bilinear, out of the image averaged down by a power of two such that a
    crop's pixels lie 0.7 to 1.4 pixels apart, as near as `_LEVELS` allow. An
    image may be padded with FILL to the right and below: its crops stay the
    same.

    Args:
        images: uint8 [n, height, width, 3].
        boxes: float32 [n, boxes, 4], pixels, of any place and shape.
        size: side of the crops, in pixels.

    Returns:
        float32 [n, boxes, size, size, 3], values in [0, 255].
    """
    n, count = tf.shape(boxes)[0], tf.shape(boxes)[1]
    owners = tf.repeat(tf.range(n), count)
    boxes = tf.reshape(boxes, [-1, 4])
    step = tf.sqrt(tf.abs(boxes[:, 2] * boxes[:, 3])) / size
    level = tf.math.log(tf.maximum(step, 1.0)) / tf.math.log(2.0)
    level = tf.cast(tf.round(tf.minimum(level, _LEVELS - 1.0)), tf.int32)
    parts = [
        tf.dynamic_partition(rows, level, _LEVELS)
        for rows in (tf.range(n * count), owners, boxes)
    ]
    crops = []
    for i, (_, own, inside) in enumerate(zip(*parts, strict=True)):
        crops.append(_sample(images, own, inside / 2**i, size))
        images = _halved_if(tf.reduce_any(level > i), images)
    crops = tf.dynamic_stitch(parts[0], crops)
    return tf.reshape(crops, [n, count, size, size, 3])


def _sample(images, owners, boxes, size):
    """Crops of [m, 4] boxes out of images [n, height, width, 3] by owner."""
    # With a frame of FILL, samples fade at the border whether or not there is
    # padding beyond it.
    images = _padded(images, [1, 1], [1, 1])
    extent = tf.cast(tf.shape(images)[1:3], tf.float32)
    half = 0.5 * boxes[:, 2:] * (1.0 - 1.0 / size)
    # Pixel centers are at .5, and the frame moves them by one: index = x + 0.5.
    low, high = boxes[:, :2] - half + 0.5, boxes[:, :2] + half + 0.5
    corners = tf.concat([low[:, ::-1], high[:, ::-1]], axis=-1)
    return tf.image.crop_and_resize(
        tf.cast(images, tf.float32),
        corners / (tf.tile(extent, [2]) - 1.0),
        owners,
        [size, size],
        extrapolation_value=float(FILL),
    )


def _halved_if(needed, images):
    """Halved images, or where nobody wants them, a pixel for each."""
    nothing = tf.zeros([tf.shape(images)[0], 1, 1, 3])
    return tf.cond(needed, lambda: _halved(images), lambda: nothing)


def _halved(images):
    """Averages blocks of 2 x 2; beyond an odd edge lies FILL.

    Rows, then columns: TensorFlow's pooling takes four times as long where
    pixels have three channels.
    """
    odd = tf.shape(images)[1:3] % 2
    images = tf.cast(_padded(images, [0, odd[0]], [0, odd[1]]), tf.float32)
    n, height, width = tf.unstack(tf.shape(images)[:3] // [1, 2, 2])
    rows = tf.reshape(images, [n, height, 2, 2 * width * 3])
    rows = rows[:, :, 0] + rows[:, :, 1]
    pixels = tf.reshape(rows, [n, height, width, 2, 3])
    return (pixels[..., 0, :] + pixels[..., 1, :]) / 4.0


def _padded(images, rows, columns):
    """With FILL; before a cast to floats, which take four times the memory."""
    fill = tf.cast(FILL, images.dtype)
    return tf.pad(images, [[0, 0], rows, columns, [0, 0]], constant_values=fill)


def window(image: tf.Tensor, box: tf.Tensor):
    """The part of a picture that one person's crops can need, not too large.

    Keeps memory bounded however large the picture is: at most 3 * MAX_BOX_SIDE
    pixels a side.

    Args:
        image: uint8 [height, width, 3].
        box: float32 [4], the person's box b0, pixels.

    Returns:
        image: uint8 [h, w, 3], a slice of the picture, averaged down by a whole
            factor; at least one pixel, also for a box outside the picture.
        origin: float32 [2], (x, y) of its corner in the picture.
        factor: float32 [], pixels of the picture per pixel of the slice.
    """
    side = tf.reduce_max(box[2:])
    extent = tf.shape(image)[1::-1]
    factor = 1 + _inside(side // MAX_BOX_SIDE, 0, tf.reduce_min(extent) - 1)
    low = _inside(tf.floor(box[:2] - _REACH * side), 0, extent - factor)
    # Blocks that `cut` averages are then those of the whole picture.
    low -= low % (factor * 2 ** (_LEVELS - 1))
    high = _inside(tf.math.ceil(box[:2] + _REACH * side), low + factor, extent)
    size = (high - low) // factor
    high = low + size * factor
    image = image[low[1] : high[1], low[0] : high[0]]
    # Not an `if`: AutoGraph does not reach here from a pipeline in a graph.
    image = tf.cond(
        factor > 1, lambda: _averaged(image, size, factor), lambda: image
    )
    return image, tf.cast(low, tf.float32), tf.cast(factor, tf.float32)


def _averaged(image, size, factor):
    """Row by row: a large picture as floats would take four times its bytes."""

    def row(y):
        block = image[y * factor : (y + 1) * factor]
        block = tf.reshape(block, tf.stack([factor, size[0], factor, 3]))
        mean = tf.reduce_mean(tf.cast(block, tf.float32), [0, 2])
        return tf.cast(tf.round(mean), tf.uint8)

    kind = tf.TensorSpec([None, 3], tf.uint8)
    return tf.map_fn(row, tf.range(size[1]), fn_output_signature=kind)


def _inside(point, low, high):
    """Clips while still float: a far-off box would overflow an int32."""
    low, high = tf.cast(low, tf.float32), tf.cast(high, tf.float32)
    return tf.cast(tf.clip_by_value(point, low, high), tf.int32)


def into_window(points, origin, factor):
    """Maps (x, y) [..., 2] from the picture into `window`'s slice."""
    return (points - origin) / factor


def out_of_window(points, origin, factor):
    """Inverse of `into_window`."""
    return points * factor + origin


def box_into_window(box, origin, factor):
    """Maps a box [..., 4] from the picture into `window`'s slice."""
    return tf.concat(
        [into_window(box[..., :2], origin, factor), box[..., 2:] / factor], -1
    )


def box_out_of_window(box, origin, factor):
    """Inverse of `box_into_window`; [n, 4], [n, 2] and [n]."""
    factor = factor[..., None]
    return tf.concat(
        [out_of_window(box[..., :2], origin, factor), box[..., 2:] * factor], -1
    )


def decode(encoded: tf.Tensor) -> tf.Tensor:
    """JPEG or PNG bytes (grey, RGB or CMYK) to uint8 [height, width, 3].

    EXIF orientation is not applied: joints and boxes are those of the pixels as
    they are stored.
    """
    # As Pillow and OpenCV decode; the default, faster and coarser, would have
    # `predict` and a server place joints differently. The kernel takes PNG too.
    return tf.io.decode_jpeg(encoded, channels=3, dct_method="INTEGER_ACCURATE")
