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
# A window reaches this many box sides from the box's center.
_REACH = 1.5


def cut(images: tf.Tensor, boxes: tf.Tensor, size: int) -> tf.Tensor:
    """Cuts N(x; b) (DeepPose, sec. 3) out of each image, for several boxes.

    Bilinear; each crop pixel is the mean of 2 x 2 samples. An image may be
    padded with FILL to the right and below: its crops stay the same.

    Args:
        images: uint8 [n, height, width, 3].
        boxes: float32 [n, boxes, 4], pixels, of any place and shape.
        size: side of the crops, in pixels.

    Returns:
        float32 [n, boxes, size, size, 3], values in [0, 255].
    """
    # With a frame of FILL, samples fade at the border whether or not there is
    # padding beyond it.
    images = tf.pad(
        images, [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=FILL
    )
    n, count = tf.shape(boxes)[0], tf.shape(boxes)[1]
    extent = tf.cast(tf.shape(images)[1:3], tf.float32)
    corners = _sample_corners(tf.reshape(boxes, [-1, 4]), 2 * size)
    crops = tf.image.crop_and_resize(
        images,
        corners / (tf.tile(extent, [2]) - 1.0),
        tf.repeat(tf.range(n), count),
        [2 * size, 2 * size],
        extrapolation_value=float(FILL),
    )
    crops = tf.nn.avg_pool2d(crops, 2, 2, "VALID")
    return tf.reshape(crops, [n, count, size, size, 3])


def _sample_corners(boxes, samples):
    """Centers of the outermost samples, [m, 4] y0 x0 y1 x1 in array indices."""
    half = 0.5 * boxes[:, 2:] * (1.0 - 1.0 / samples)
    # Pixel centers are at .5, and the frame moves them by one: index = x + 0.5.
    low, high = boxes[:, :2] - half + 0.5, boxes[:, :2] + half + 0.5
    return tf.concat([low[:, ::-1], high[:, ::-1]], axis=-1)


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
    high = _inside(tf.math.ceil(box[:2] + _REACH * side), low + factor, extent)
    size = (high - low) // factor
    high = low + size * factor
    image = image[low[1] : high[1], low[0] : high[0]]
    if factor > 1:
        blocks = tf.stack([size[1], factor, size[0], factor, 3])
        image = tf.reshape(tf.cast(image, tf.float32), blocks)
        image = tf.cast(tf.round(tf.reduce_mean(image, [1, 3])), tf.uint8)
    return image, tf.cast(low, tf.float32), tf.cast(factor, tf.float32)


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


def decode(encoded: tf.Tensor) -> tf.Tensor:
    """JPEG or PNG bytes (grey, RGB or CMYK) to uint8 [height, width, 3].

    EXIF orientation is not applied: joints and boxes are those of the pixels as
    they are stored.
    """
    image = tf.io.decode_image(encoded, channels=3, expand_animations=False)
    return tf.ensure_shape(image, [None, None, 3])
