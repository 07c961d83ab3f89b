import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.networks import either_keras
from deeppose_tf.networks import layers
from tests.tiny import strategy

# That of Keras 2 may take the fused kernel too, with its other variance.
KERAS_LAYER = functools.partial(
    keras.layers.BatchNormalization,
    **({"fused": False} if either_keras.IS_KERAS_2 else {}),
)


def layer_of(kind):
    layer = kind(momentum=0.9)
    layer.build([None, None, None, 3])
    rng = np.random.default_rng(0)
    layer.set_weights([1.0 + rng.random(3) for _ in range(4)])
    return layer


def maps(shape=(2, 3, 2, 3)):
    """Few values, so that n and n - 1 are told apart."""
    drawn = np.random.default_rng(1).normal(2.0, 3.0, shape)
    return tf.constant(drawn, tf.float32)


def step(layer, x):
    """Outputs, gradients by input and by weights, and the weights after."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
        loss = tf.reduce_sum(y**3)
    weights = map(either_keras.variable, (layer.gamma, layer.beta))
    gradients = tape.gradient(loss, [x, *weights])
    return [y, *gradients, *layer.get_weights()]


def test_it_is_keras_layer_in_training_and_after():
    both = [
        layer_of(layers.BatchNormalization),
        layer_of(KERAS_LAYER),
    ]
    for found, want in zip(*[step(x, maps()) for x in both], strict=True):
        np.testing.assert_allclose(found, want, rtol=1e-3, atol=1e-4)
    mine, other = (layer(maps(), training=False) for layer in both)
    np.testing.assert_allclose(mine, other, atol=1e-5)


def test_the_fused_kernel_is_used():
    layer = layer_of(layers.BatchNormalization)
    graph = tf.function(lambda x: layer(x, training=True))
    operations = graph.get_concrete_function(maps()).graph.get_operations()
    assert "FusedBatchNormV3" in {operation.type for operation in operations}


def test_after_training_it_is_a_factor_and_a_bias():
    """TensorFlow makes one operation of these and the convolution before."""
    layer = layer_of(layers.BatchNormalization)
    graph = tf.function(lambda x: layer(x, training=False))
    operations = graph.get_concrete_function(maps()).graph.get_operations()
    types = [operation.type for operation in operations]
    assert types.count("BiasAdd") == 1
    assert "AddV2" not in types[types.index("Rsqrt") :]


def test_a_frozen_layer_keeps_its_statistics():
    layer = layer_of(layers.BatchNormalization)
    layer.trainable = False
    before = layer.get_weights()
    found = layer(maps(), training=True)
    np.testing.assert_array_equal(layer.get_weights(), before)
    np.testing.assert_allclose(found, layer(maps(), training=False), atol=1e-6)


@pytest.mark.parametrize("shape", [(8, 3), (4, 5, 3)])
def test_what_is_no_map_is_normalized_too(shape):
    layer = layers.BatchNormalization(momentum=0.9, epsilon=1e-9)
    y = layer(maps(shape), training=True).numpy().reshape(-1, 3)
    np.testing.assert_allclose(y.mean(0), np.zeros(3), atol=1e-5)
    np.testing.assert_allclose(y.std(0), np.ones(3), atol=1e-4)


def test_two_replicas_share_their_statistics():
    place = strategy(2)
    with place.scope():
        layer = layer_of(layers.BatchNormalization)
    whole = maps()

    def half(context):
        return whole[context.replica_id_in_sync_group :][:1]

    @tf.function
    def run(values):
        return place.run(lambda x: layer(x, training=True), [values])

    each = place.experimental_distribute_values_from_function(half)
    found = place.experimental_local_results(run(each))
    whole_layer = layer_of(KERAS_LAYER)
    want = whole_layer(whole, training=True)
    np.testing.assert_allclose(tf.concat(found, 0), want, atol=1e-4)
    for one, other in zip(
        layer.get_weights(), whole_layer.get_weights(), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-4)
