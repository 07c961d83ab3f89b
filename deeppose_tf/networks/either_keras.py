"""Keras 3, and Keras 2.15 as tensorflow-addons needs it, under the same names.

Everything else is written for Keras 3: what differs in the other one is here.
"""

import types

import keras
import tensorflow as tf

IS_KERAS_2 = keras.__version__.startswith("2.")
if IS_KERAS_2:
    # Dropout's randomness then has a state that a checkpoint can hold.
    keras.backend.experimental.enable_tf_random_generator()


def _ops_of_tensorflow():
    """What of keras.ops is used; on the TensorFlow backend it is these."""
    return types.SimpleNamespace(
        abs=tf.abs,
        cast=tf.cast,
        clip=tf.clip_by_value,
        concatenate=lambda xs, axis=0: tf.concat(xs, axis),
        conv=_conv,
        convert_to_tensor=tf.convert_to_tensor,
        cos=tf.cos,
        depthwise_conv=_depthwise_conv,
        einsum=tf.einsum,
        flip=lambda x, axis: tf.reverse(x, [axis]),
        image=types.SimpleNamespace(resize=tf.image.resize),
        max=tf.reduce_max,
        maximum=tf.maximum,
        mean=tf.reduce_mean,
        min=tf.reduce_min,
        minimum=tf.minimum,
        reshape=tf.reshape,
        rsqrt=tf.math.rsqrt,
        softmax=tf.nn.softmax,
        split=tf.split,
        sqrt=tf.sqrt,
        square=tf.square,
        stack=tf.stack,
        sum=tf.reduce_sum,
        where=tf.where,
    )


def _conv(x, kernel, padding):
    return tf.nn.conv2d(x, kernel, strides=1, padding=padding.upper())


def _depthwise_conv(x, kernel, padding):
    return tf.nn.depthwise_conv2d(x, kernel, [1] * 4, padding.upper())


ops = _ops_of_tensorflow() if IS_KERAS_2 else keras.ops


def variable(weight) -> tf.Variable:
    """TensorFlow's variable behind a weight; weights of Keras 2 are such."""
    return weight if callable(weight.value) else weight.value


def depthwise_kernel(layer):
    """The filters of a depthwise convolution."""
    return layer.depthwise_kernel if IS_KERAS_2 else layer.kernel


def learning_rate(optimizer) -> float:
    """The rate of the next step, by the optimizer's schedule."""
    if not IS_KERAS_2:
        return float(optimizer.learning_rate)
    # Its own optimizers tell the rate of the last step, those of Addons, which
    # are older, the schedule.
    schedule = getattr(optimizer, "_learning_rate", None)
    schedule = schedule or optimizer.learning_rate
    return float(schedule(optimizer.iterations))


def make_variables(optimizer, weights: list):
    """Makes the variables of an optimizer before its first step."""
    if hasattr(optimizer, "build"):
        optimizer.build(weights)
    else:
        optimizer._create_all_weights(weights)


def seeds(model) -> list[tf.Variable]:
    """The state of dropout's randomness, which is no weight."""
    if not IS_KERAS_2:
        weights = {id(weight) for weight in model.weights}
        return [v.value for v in model.variables if id(v) not in weights]
    sources = (getattr(x, "_random_generator", None) for x in model.layers)
    return [source._generator.state for source in sources if source is not None]


def outputs_of(network, inputs) -> list:
    """A network's outputs for inputs.

    A network made with a list of one output gives that output, not a list, in
    Keras 2.
    """
    return tf.nest.flatten(network(inputs))


def called_with(network, values: list, inputs):
    """What a network gives for inputs, with other values for its weights.

    Args:
        network: a keras.Model; training=False.
        values: in the order of `network.weights`.
        inputs: of the network.
    """
    if IS_KERAS_2:
        return _called_with(network, values, inputs)
    by_path = {
        weight.path: value
        for weight, value in zip(network.weights, values, strict=True)
    }
    outputs, _ = network.stateless_call(
        [by_path[v.path] for v in network.trainable_variables],
        # The state of dropout's randomness, which is no weight, stays.
        [by_path.get(v.path, v) for v in network.non_trainable_variables],
        inputs,
        training=False,
    )
    return outputs


def _called_with(network, values, inputs):
    """Layers of Keras 2 find their weights in attributes."""
    by_id = {
        id(weight): value
        for weight, value in zip(network.weights, values, strict=True)
    }
    weights = [
        (vars(layer), name, weight)
        for layer in network.submodules
        for name, weight in vars(layer).items()
        if id(weight) in by_id
    ]
    try:
        for attributes, name, weight in weights:
            attributes[name] = by_id[id(weight)]
        return network(inputs, training=False)
    finally:
        for attributes, name, weight in weights:
            attributes[name] = weight
