import keras
import numpy as np

from deeppose_tf.networks import either_keras


def test_a_network_is_called_with_other_weights_and_keeps_its_own():
    x = keras.Input((3,))
    y = keras.layers.Dropout(0.5)(keras.layers.Dense(2)(x))
    network = keras.Model(x, y)
    before = network.get_weights()
    others = [np.full_like(weight, i + 1.0) for i, weight in enumerate(before)]
    found = either_keras.called_with(network, others, np.ones((1, 3), "f4"))
    # Each unit: a kernel of ones, and a bias of two.
    np.testing.assert_allclose(found, [[5.0, 5.0]])
    for weight, own in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, own)
