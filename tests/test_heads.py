import numpy as np

from deeppose_tf import heads


def layer_of(maps, margin):
    layer = heads.ExpectedCoordinate(margin)
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
