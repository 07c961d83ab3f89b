"""Crops: how pixels get from an image into a network.

Evaluation and serving call these functions, and warps.py gives training the
same pixels, turned, mirrored and recolored: a network is served the crops that
it is trained on. windows.py bounds how much of a picture a server keeps.
"""

import tensorflow as tf

# What lies outside the image: mid-grey, 0 after the networks' input scaling.
FILL = 127
# Sizes of an image that crops are cut from, each half of the one before: enough
# for a box of windows.MAX_BOX_SIDE and crops of 64 pixels.
LEVELS = 4
# How files begin.
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"


def cut(images: tf.Tensor, boxes: tf.Tensor, size: int) -> tf.Tensor:
    """Cuts N(x; b) (DeepPose, sec. 3) out of each image, for several boxes.

    Bilinear, out of the image averaged down by a power of two such that a
    crop's pixels lie 0.7 to 1.4 pixels apart, as near as `LEVELS` allow. An
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
    levels = level(tf.sqrt(tf.abs(boxes[:, 2] * boxes[:, 3])) / size)
    parts = [
        tf.dynamic_partition(rows, levels, LEVELS)
        for rows in (tf.range(n * count), owners, boxes)
    ]
    crops, sums = [], images
    for i, (_, image_index, at_level) in enumerate(zip(*parts, strict=True)):
        # Pixels are sums of so many of the image's.
        share = 4**i
        sampled = _sample_if_any(
            sums, image_index, at_level / 2**i, size, share
        )
        crops.append(sampled / share)
        sums = _halved_if(tf.reduce_any(levels > i), sums, share)
    crops = tf.dynamic_stitch(parts[0], crops)
    return tf.reshape(crops, [n, count, size, size, 3])


def level(step: tf.Tensor) -> tf.Tensor:
    """How often an image is halved before crops are cut out of it.

    Args:
        step: float32, its pixels between two pixels of a crop.

    Returns:
        int32 from 0 to LEVELS - 1.
    """
    halvings = tf.math.log(tf.maximum(step, 1.0)) / tf.math.log(2.0)
    return tf.cast(tf.round(tf.minimum(halvings, LEVELS - 1.0)), tf.int32)


def _sample_if_any(sums, owners, boxes, size, share):
    """Like `_sample`; without boxes it does not touch the images."""
    return tf.cond(
        tf.size(owners) > 0,
        lambda: _sample(sums, owners, boxes, size, share),
        lambda: tf.zeros([0, size, size, 3]),
    )


def _sample(sums, owners, boxes, size, share):
    """Crops of boxes [m, 4]; `owners` [m] are indices of their images."""
    # With a frame of FILL, samples fade at the border whether or not there is
    # padding beyond it.
    sums = _padded(sums, [1, 1], [1, 1], share)
    extent = tf.cast(tf.shape(sums)[1:3], tf.float32)
    half = 0.5 * boxes[:, 2:] * (1.0 - 1.0 / size)
    # Pixel centers are at .5, and the frame moves them by one: index = x + 0.5.
    low, high = boxes[:, :2] - half + 0.5, boxes[:, :2] + half + 0.5
    corners = tf.concat([low[:, ::-1], high[:, ::-1]], axis=-1)
    return tf.image.crop_and_resize(
        sums,
        corners / (tf.tile(extent, [2]) - 1.0),
        owners,
        [size, size],
        extrapolation_value=float(FILL * share),
    )


def _halved_if(needed, sums, share):
    """Halved images; one pixel of each where no box needs them."""
    nothing = tf.zeros([tf.shape(sums)[0], 1, 1, 3], tf.uint16)
    return tf.cond(needed, lambda: _halved(sums, share), lambda: nothing)


def _halved(sums, share):
    """Adds blocks of 2 x 2: uint16, which hold the sums of three halvings.

    Floats would take twice the memory, and most of the time of all. Beyond an
    odd edge lies FILL.
    """
    odd = tf.shape(sums)[1:3] % 2
    sums = _padded(sums, [0, odd[0]], [0, odd[1]], share)
    n, height, width = tf.unstack(tf.shape(sums)[:3] // [1, 2, 2])
    # Rows, then columns: TensorFlow's pooling takes four times as long where
    # pixels have three channels.
    rows = tf.reshape(sums, [n, height, 2, 2 * width * 3])
    rows = tf.cast(rows[:, :, 0], tf.uint16) + tf.cast(rows[:, :, 1], tf.uint16)
    pixels = tf.reshape(rows, [n, height, width, 2, 3])
    return pixels[..., 0, :] + pixels[..., 1, :]


def _padded(sums, rows, columns, share):
    fill = tf.cast(FILL * share, sums.dtype)
    return tf.pad(sums, [[0, 0], rows, columns, [0, 0]], constant_values=fill)


def decode(encoded: tf.Tensor) -> tf.Tensor:
    """JPEG or PNG bytes (grey, RGB or CMYK) to uint8 [height, width, 3].

    EXIF orientation is not applied: joints and boxes are those of the pixels as
    they are stored.
    """
    # Pillow and OpenCV decode like this. With TensorFlow's default, faster and
    # coarser, `predict` and a server would place joints differently. The kernel
    # takes PNG too.
    return tf.io.decode_jpeg(encoded, channels=3, dct_method="INTEGER_ACCURATE")


def within_limit(encoded: tf.Tensor, max_pixels: int) -> tf.Tensor:
    """The same bytes, if their header says JPEG or PNG, and not too large.

    The kernel of `decode` would open GIF and BMP too, and takes memory for as
    many pixels as a header of a few bytes names.

    Args:
        encoded: string [].
        max_pixels: width times height at most.

    Raises:
        InvalidArgumentError: the graph raises it.
    """
    is_jpeg = tf.strings.substr(encoded, 0, len(_JPEG)) == _JPEG
    is_png = tf.strings.substr(encoded, 0, len(_PNG)) == _PNG
    known = tf.debugging.Assert(is_jpeg | is_png, ["no JPEG or PNG"])
    with tf.control_dependencies([known]):
        sides = tf.cond(
            is_png,
            lambda: _png_sides(encoded),
            lambda: tf.io.extract_jpeg_shape(encoded)[:2],
        )
    pixels = tf.reduce_prod(tf.cast(sides, tf.int64))
    sound = (tf.reduce_min(sides) > 0) & (pixels <= max_pixels)
    small = tf.debugging.Assert(sound, ["too many pixels", sides])
    with tf.control_dependencies([small]):
        return tf.identity(encoded)


def _png_sides(encoded):
    """Width and height out of a PNG's first chunk, int32 [2]."""
    sides = tf.strings.substr(encoded, len(_PNG) + 8, 8)
    return tf.io.decode_raw(sides, tf.int32, little_endian=False)


def boxes_around(centers: tf.Tensor, side: tf.Tensor) -> tf.Tensor:
    """Square boxes, [..., 4], around [..., 2] centers with [...] sides."""
    side = tf.broadcast_to(side, tf.shape(centers)[:-1])
    return tf.concat([centers, side[..., None], side[..., None]], axis=-1)
