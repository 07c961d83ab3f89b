import numpy as np

from deeppose_tf.models import soft_argmax


def layer_of(maps, margin):
    layer = soft_argmax.SoftArgmax(margin)
    return layer(maps.astype(np.float32)).numpy()


def test_equal_maps_give_the_middle():
    found = layer_of(np.zeros((2, 6, 8, 3)), margin=1)
    np.testing.assert_allclose(found, np.zeros((2, 3, 2)), atol=1e-6)


def test_a_sharp_peak_gives_its_cell_in_box_units():
    maps = np.zeros((1, 6, 6, 1))
    maps[0, 2, 4, 0] = 100.0
    # Four cells span the box; column 4 is the last, row 2 the second.
    np.testing.assert_allclose(
        layer_of(maps, margin=1), [[[0.375, -0.125]]], atol=1e-6
    )


def test_the_margin_reaches_outside_the_box():
    maps = np.zeros((1, 6, 6, 1))
    maps[0, 0, 5, 0] = 100.0
    np.testing.assert_allclose(
        layer_of(maps, margin=1), [[[0.625, -0.625]]], atol=1e-6
    )


def peaks_of(maps, spread=True):
    layer = soft_argmax.LocalSoftArgmax(1, spread)
    return layer(maps.astype(np.float32)).numpy()


def test_of_two_peaks_the_higher_is_taken_and_not_the_middle():
    maps = np.full((1, 10, 10, 1), -100.0)
    # Eight cells span the box; columns 1 and 8 are its first and last.
    maps[0, 4, 1, 0], maps[0, 4, 8, 0] = np.log(0.4), np.log(0.6)
    x, y, spread_x, spread_y = peaks_of(maps)[0, 0]
    np.testing.assert_allclose([x, y], [0.4375, -0.0625], atol=1e-6)
    # Four tenths of the map are 7 of 8 cells away.
    np.testing.assert_allclose([spread_x, spread_y], [0.35, 0.0], atol=1e-6)
    (expected,) = layer_of(maps, margin=1)[0]
    np.testing.assert_allclose(expected, [0.0875, -0.0625], atol=1e-6)


def test_a_peak_between_cells_is_found_there_though_the_map_goes_on():
    near = np.zeros((10, 10, 1))
    near[4:6, 3:5] = 1.0
    maps = np.log(near + 1e-30)[None]
    maps[0, 9, 9] = np.log(0.5)
    np.testing.assert_allclose(
        peaks_of(maps, spread=False), [[[-0.125, 0.0]]], atol=1e-6
    )


def test_peaks_of_maps_are_found_each_on_its_own():
    rng = np.random.default_rng(0)
    maps = rng.normal(0, 3, (3, 9, 9, 5))
    together = peaks_of(maps)
    for i in range(3):
        for j in range(5):
            alone = peaks_of(maps[i : i + 1, :, :, j : j + 1])
            np.testing.assert_allclose(together[i, j], alone[0, 0], atol=1e-6)


def test_the_place_with_most_of_the_density_is_taken_not_the_highest_cell():
    maps = np.full((1, 54, 54, 1), -100.0)
    # 50 cells span the box: a joint is found within two of them.
    maps[0, 40, 40, 0] = np.log(0.3)
    maps[0, 9:12, 9:12, 0] = np.log(0.7 / 9)
    layer = soft_argmax.LocalSoftArgmax(2, spread=False)
    found = layer(maps.astype(np.float32)).numpy()
    np.testing.assert_allclose(found, [[[-0.33, -0.33]]], atol=1e-6)


def test_a_blur_moves_no_peak():
    rng = np.random.default_rng(0)
    maps = np.full((1, 54, 54, 20), -100.0)
    rows, columns = rng.integers(4, 50, (2, 20))
    maps[0, rows, columns, np.arange(20)] = 0.0
    layer = soft_argmax.LocalSoftArgmax(2, spread=False)
    found = layer(maps.astype(np.float32)).numpy()
    cells = np.stack([columns, rows], axis=-1)
    np.testing.assert_allclose(found[0], (cells - 1.5) / 50 - 0.5, atol=1e-6)
