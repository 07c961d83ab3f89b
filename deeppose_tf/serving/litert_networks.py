"""A network as a file for LiteRT; in int8 as far as its maps."""

import re
import warnings

import numpy as np
import tensorflow as tf

from deeppose_tf.networks import either_keras

# What computes the maps of a head, of a copy of the network too.
_MAPS = re.compile(r"(^|/)maps(_\d+)?/")


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
    with warnings.catch_warnings():
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
    """Converts to int8 what comes before a head's joints, and its maps.

    A softmax in int8 has steps of 1/256, and a map's peak is some 0.05 high:
    what follows the maps stays in float32, at little cost.

    Args:
        module: of `_module`.
        inputs: makes an iterable of inputs, which set the ranges.
    """
    quantizing = _converter(module)
    quantizing.optimizations = [tf.lite.Optimize.DEFAULT]
    quantizing.representative_dataset = inputs
    after = _after_maps(_converter(module).convert())
    if not after:
        return quantizing.convert()
    options = tf.lite.experimental.QuantizationDebugOptions(
        denylisted_nodes=after
    )
    # The converter itself takes no such list.
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=quantizing, debug_dataset=inputs, debug_options=options
    )
    return debugger.get_nondebug_quantized_model()


def _after_maps(content):
    """Names of the tensors of a .tflite file that come after a head's maps."""
    tensors = tf.lite.Interpreter(model_content=content).get_tensor_details()
    names = [t["name"] for t in sorted(tensors, key=lambda t: t["index"])]
    maps = [i for i, name in enumerate(names) if _MAPS.search(name)]
    return names[maps[-1] + 1 :] if maps else []
