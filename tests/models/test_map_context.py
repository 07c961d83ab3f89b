import keras
import numpy as np

from deeppose_tf.models import map_context


def network(rows=16, columns=12, joints=3):
    keras.utils.set_random_seed(0)
    maps = keras.Input((rows, columns, joints))
    return keras.Model(maps, map_context.corrected(maps))


def random_maps():
    maps = np.random.default_rng(0).normal(0, 3, (2, 16, 12, 3))
    return maps.astype(np.float32)


def test_fresh_weights_leave_maps_as_they_are():
    maps = random_maps()
    np.testing.assert_array_equal(network()(maps), maps)


def test_a_map_is_corrected_by_what_others_say_far_away():
    corrected = network()
    last = corrected.get_layer("context_maps")
    weights = [
        np.random.default_rng(1).normal(0, 1, w.shape)
        for w in last.get_weights()
    ]
    last.set_weights(weights)
    maps = random_maps()
    before = corrected(maps).numpy()
    maps[:, 1, 1, 0] += 20.0
    change = np.abs(corrected(maps).numpy() - before)
    assert change[:, 14, 10, 2].min() > 1e-4


def test_a_constant_beside_the_maps_changes_nothing_but_itself():
    # Softmax makes maps with a constant equal.
    corrected, maps = network(), random_maps()
    corrected.get_layer("context_maps").set_weights(
        [np.ones((1, 1, 48, 3)), np.zeros(3)]
    )
    np.testing.assert_allclose(
        corrected(maps + 7.0), corrected(maps) + 7.0, atol=1e-3
    )
