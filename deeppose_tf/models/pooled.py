"""Pooled refiners: joints' boxes cut out of feature maps, not of the picture.

The network before the head sees the person once. Each joint's refinement box,
b = (y, sigma * diam, sigma * diam) of DeepPose, sec. 3.2, is then pooled from
its features, as detectors pool the boxes of objects (He et al., Mask R-CNN,
ICCV 2017, sec. 3). A small head, whose last layer each joint has for itself,
tells how far the joint lies from the middle of its box.
"""

import keras
import tensorflow as tf

from deeppose_tf.models import heads
from deeppose_tf.models import soft_argmax
from deeppose_tf.networks import either_keras
from deeppose_tf.networks import layers

_layers = keras.layers
# Of the map that boxes are pooled from, and inside the head.
_MAP_CHANNELS = 64
_CHANNELS = 64
# Units of head `fc`, which sees averages of blocks of cells.
_UNITS = 128
_BLOCK = 4
_POOLING = "pooled"
_ALL_JOINTS = "boxes_as_rows"


def attach(
    head: str,
    features: list,
    boxes: "keras.KerasTensor",
    *,
    size: int,
    spread: bool,
) -> "keras.KerasTensor":
    """Joints in units of their boxes.

    Args:
        head: of `stage_specs.HEADS`.
        features: feature maps of a network, finest first.
        boxes: float32 [batch, joints, 4], in units of the network's crop.
        size: cells of a box along each axis.
        spread: whether to predict the expected error of each coordinate too.

    Returns:
        float32 [batch, joints, 2], or with spread [batch, joints, 4]; see
        `heads.attach`.
    """
    patches = RegionPooling(size, dtype="float32", name=_POOLING)(
        [_merged(features), boxes]
    )
    num_joints, *shape = patches.shape[1:]
    x = Reshaped((-1, *shape), name=_ALL_JOINTS)(patches)
    for i in range(2):
        x = layers.depthwise(x, name=f"box_{i}_depthwise")
        x = layers.conv_norm_relu(x, _CHANNELS, 1, name=f"box_{i}")
    if head == "fc":
        return _fully_connected(x, num_joints, spread)
    x = Reshaped((-1, num_joints, *x.shape[1:]))(x)
    maps = _layers.EinsumDense(
        "bjrcd,jd->brcj",
        (*x.shape[2:4], num_joints),
        bias_axes="j",
        dtype="float32",
        name="maps",
    )(x)
    if head == "peak":
        return heads.peak(maps, spread)
    joints = heads.integral(maps)
    means = either_keras.ops.mean(x, axis=(2, 3))
    return _with_spread(joints, means) if spread else joints


def _merged(features):
    """One map of the finest one's size, of all feature maps."""
    height, width = features[0].shape[1:3]
    merged = []
    for i, x in enumerate(features):
        name = f"pooled_lateral_{i}"
        x = layers.conv_norm_relu(x, _MAP_CHANNELS, 1, relu=False, name=name)
        if x.shape[1:3] != (height, width):
            x = layers.Resized(height, width, dtype="float32")(x)
        merged.append(x)
    return _layers.ReLU(name="pooled_map")(_layers.Add()(merged))


def _fully_connected(x, num_joints, spread):
    x = _layers.AveragePooling2D(_BLOCK)(x)
    x = _layers.Dense(_UNITS, use_bias=False)(_layers.Flatten()(x))
    x = Reshaped((-1, num_joints, _UNITS))(layers.norm(x))
    last = _linear(num_joints, name=heads.JOINTS)
    return _with_spread(last(x), x) if spread else last(x)


def _with_spread(joints, x):
    last = _linear(joints.shape[1], activation="sigmoid", name="spread")
    return _layers.Concatenate(dtype="float32", name="joints_and_spread")(
        [joints, heads.at_least(last(x))]
    )


def _linear(num_joints, **kwargs):
    """Two numbers a joint, by weights of its own."""
    return _layers.EinsumDense(
        "bjd,jdo->bjo",
        (num_joints, 2),
        bias_axes="jo",
        dtype="float32",
        **kwargs,
    )


class Reshaped(_layers.Layer):
    """Another shape, whose first axis may be any product of the others.

    Keras's own Reshape keeps the batch.
    """

    def __init__(self, shape: tuple, **kwargs):
        """Sets the shape; -1 is what is left."""
        super().__init__(**kwargs)
        self._shape = shape

    def call(self, x):
        """Reshapes a tensor."""
        return either_keras.ops.reshape(x, self._shape)


class RegionPooling(_layers.Layer):
    """Samples boxes of a map; see `pool`."""

    def __init__(self, size: int, **kwargs):
        """Sets the cells of a box along each axis."""
        super().__init__(**kwargs)
        self._size = size

    def call(self, inputs):
        """Samples the boxes, the second input, of the first."""
        features, boxes = inputs
        return pool(features, boxes, self._size)


def pool(features: tf.Tensor, boxes: tf.Tensor, size: int) -> tf.Tensor:
    """Bilinear samples of a map at the centers of a box's cells.

    Around the cells of the box lie `soft_argmax.MARGIN` more: a joint may lie a
    little outside its box. Beyond the map there are zeros.

    Args:
        features: float [n, rows, columns, channels].
        boxes: float32 [n, k, 4], in units of the crop that the map is of.
        size: cells of a box along each axis.

    Returns:
        float32 [n, k, side, side, channels]; side has the margins too.
    """
    n, k = tf.shape(boxes)[0], boxes.shape[1]
    rows, columns, channels = features.shape[1:]
    cells = tf.constant([columns, rows], tf.float32)
    margin = soft_argmax.MARGIN
    side = size + 2 * margin
    first = soft_argmax.cell_centers(side, margin)[0]
    # Centers of the map's cells are at .5.
    low, high = (
        (boxes[..., :2] + at * boxes[..., 2:] + 0.5) * cells - 0.5
        for at in (first, -first)
    )
    corners = tf.concat([low[..., ::-1], high[..., ::-1]], axis=-1)
    extent = tf.constant([rows, columns, rows, columns], tf.float32) - 1.0
    patches = tf.image.crop_and_resize(
        tf.cast(features, tf.float32),
        tf.reshape(corners / extent, [-1, 4]),
        tf.repeat(tf.range(n), k),
        [side, side],
    )
    return tf.reshape(patches, [-1, k, side, side, channels])


def split(network: keras.Model) -> dict[str, keras.Model]:
    """A pooled refiner's two halves, which share its weights.

    Returns:
        "features": from crops to the map that boxes are pooled from, and
        "head": from the pooled boxes to what the network gives.
    """
    pooling = network.get_layer(_POOLING)
    crop, _ = network.inputs
    features, _ = pooling.input
    name = network.name
    return {
        "features": keras.Model(crop, features, name=f"{name}_features"),
        "head": keras.Model(
            pooling.output, network.output, name=f"{name}_head"
        ),
    }
