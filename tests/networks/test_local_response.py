import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.networks import local_response


def reference(x):
    return tf.nn.local_response_normalization(x, 2, 2.0, 1e-4, 0.75)


def values(seed, scale):
    return scale * tf.random.stateless_normal([2, 3, 3, 16], [0, seed])


@pytest.mark.parametrize("training", [False, True])
def test_it_equals_tensorflows(training):
    x = values(1, 40.0)
    found = local_response.LocalResponseNormalization()(x, training=training)
    np.testing.assert_allclose(found, reference(x), rtol=1e-5, atol=1e-5)


def test_in_training_gradients_equal_tensorflows():
    # Large enough for both parts of the gradient to matter.
    x, weights = values(1, 100.0), values(2, 1.0)
    layer = local_response.LocalResponseNormalization()
    gradients = []
    for normalized in (lambda x: layer(x, training=True), reference):
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(weights * normalized(x))
        gradients.append(tape.gradient(total, x))
    np.testing.assert_allclose(*gradients, rtol=1e-4, atol=1e-6)


def test_half_precision_stays_and_is_rounded_once():
    x = tf.cast(values(1, 40.0), tf.bfloat16)
    layer = local_response.LocalResponseNormalization(dtype="mixed_bfloat16")
    found = layer(x, training=True)
    assert found.dtype == tf.bfloat16
    np.testing.assert_allclose(
        tf.cast(found, tf.float32),
        reference(tf.cast(x, tf.float32)),
        rtol=2**-8,
    )
