"""A network as a file for LiteRT; in int8, what surrounds maps in float32."""

import re
import warnings

import keras
import numpy as np
import tensorflow as tf

from deeppose_tf.launch import startup
from deeppose_tf.models import map_context
from deeppose_tf.networks import either_keras

# What computes the maps of a head, of a copy of the network too.
_MAPS = re.compile(r"(^|/)maps(_\d+)?/")
# What corrects them, but for its ends.
_CORRECTION = re.compile(rf"(^|/)(?!{'|'.join(map_context.PRECISE)})context_")
# LiteRT has fast depthwise convolutions of at most 5 x 5 weights a channel.
_LARGEST_KERNEL = 5


def convert(
    network,
    batch: int,
    dtype: str,
    seen: list[np.ndarray] | None = None,
) -> bytes:
    """A network as a .tflite file, whose inputs and outputs have numbers.

    Args:
        network: keras.Model; its inputs become input_0..., its outputs
            output_0...
        batch: how many examples it takes at once.
        dtype: of `interface.DTYPES`.
        seen: for int8, of `inputs_seen`; they set the ranges.
    """
    module = _module(network, batch)
    with warnings.catch_warnings(), startup.without_infos():
        # TensorFlow warns of the interpreter that it uses itself.
        warnings.filterwarnings("ignore", ".*tf.lite.Interpreter is deprecated")
        if dtype == "int8":
            return _in_int8(module, lambda: _batches(seen, batch))
        converter = _converter(module)
        if dtype == "float16":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
        return converter.convert()


def _module(network, batch):
    """The network as a graph of one size, with numbered inputs and outputs."""
    network = keras.models.clone_model(network, clone_function=_quick)
    shapes = [[batch, *x.shape[1:]] for x in network.inputs]
    # Constants: the converter cannot set int8 ranges of operations that read
    # Keras's variables.
    weights = [tf.constant(weight) for weight in network.get_weights()]

    def graph(*inputs):
        inputs = tf.nest.pack_sequence_as(network.input, inputs)
        outputs = either_keras.called_with(network, weights, inputs)
        outputs = tf.nest.flatten(outputs)
        return {f"output_{i}": output for i, output in enumerate(outputs)}

    module = tf.Module()
    module.graph = tf.function(
        graph,
        input_signature=[
            tf.TensorSpec(shape, tf.float32, f"input_{i}")
            for i, shape in enumerate(shapes)
        ],
    )
    return module


def _quick(layer):
    """The layer, or another one that does the same and is quick in LiteRT."""
    if not isinstance(layer, keras.layers.DepthwiseConv2D):
        return layer
    steps = (*layer.strides, *layer.dilation_rate)
    dense = layer.padding == "same" and set(steps) == {1}
    large = max(layer.kernel_size) > _LARGEST_KERNEL
    return _InParts(layer) if large and dense else layer


class _InParts(keras.layers.Layer):
    """A depthwise convolution as a sum of such with parts of its kernel."""

    def __init__(self, whole):
        """Takes over a layer, with its name and weights."""
        super().__init__(name=whole.name)
        self._whole = whole

    def call(self, x):
        """[batch, rows, columns, channels] -> the same shape."""
        kernel = tf.convert_to_tensor(
            either_keras.depthwise_kernel(self._whole)
        )
        rows, columns = x.shape[1:3]
        around = [[(n - 1) // 2, n // 2] for n in kernel.shape[:2]]
        x = tf.pad(x, [[0, 0], *around, [0, 0]])
        parts = []
        for top, bottom in _ranges(kernel.shape[0]):
            for left, right in _ranges(kernel.shape[1]):
                seen = x[:, top : bottom + rows - 1, left : right + columns - 1]
                part = kernel[top:bottom, left:right]
                parts.append(
                    tf.nn.depthwise_conv2d(seen, part, [1] * 4, "VALID")
                )
        if self._whole.use_bias:
            parts.append(tf.convert_to_tensor(self._whole.bias))
        # Not `add_n`, which LiteRT's fast kernels lack.
        return self._whole.activation(sum(parts[1:], parts[0]))


def _ranges(size):
    """(begin, end) of parts of a kernel's side, as few and equal as can be."""
    count = -(-size // _LARGEST_KERNEL)
    ends = [round(size * i / count) for i in range(count + 1)]
    return zip(ends[:-1], ends[1:], strict=True)


def _converter(module):
    return tf.lite.TFLiteConverter.from_concrete_functions(
        [module.graph.get_concrete_function()], module
    )


def _batches(seen, batch):
    """Inputs of the graph, from rows [n, ...] of each input."""
    for first in range(0, len(seen[0]) // batch * batch, batch):
        yield {
            f"input_{i}": x[first : first + batch] for i, x in enumerate(seen)
        }


def _in_int8(module, inputs):
    """Converts a network to int8, but for what reads its maps.

    A softmax in int8 has steps of 1/256, and a map's peak is some 0.05 high:
    what follows the maps stays in float32, at little cost. What corrects them
    is as large as a tenth of the network, and is in int8.

    Args:
        module: of `_module`.
        inputs: makes an iterable of inputs, which set the ranges.
    """
    quantizing = _converter(module)
    quantizing.optimizations = [tf.lite.Optimize.DEFAULT]
    quantizing.representative_dataset = inputs
    precise = _reading_maps(_converter(module).convert())
    if not precise:
        return quantizing.convert()
    options = tf.lite.experimental.QuantizationDebugOptions(
        denylisted_nodes=precise
    )
    # The converter itself takes no such list.
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=quantizing, debug_dataset=inputs, debug_options=options
    )
    return debugger.get_nondebug_quantized_model()


def _reading_maps(content):
    """Names of a .tflite file's tensors that are to stay in float32."""
    tensors = tf.lite.Interpreter(model_content=content).get_tensor_details()
    names = [t["name"] for t in sorted(tensors, key=lambda t: t["index"])]
    maps = [i for i, name in enumerate(names) if _MAPS.search(name)]
    after = names[maps[-1] + 1 :] if maps else []
    return [name for name in after if not _CORRECTION.search(name)]
