import math

import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import crops
from deeppose_tf.geometry import warps

SAME = warps.Color(tf.ones([3]), tf.zeros([3]))


def view_of(box, turn=0.0, mirrored=False):
    return warps.View(
        tf.constant([box], tf.float32),
        tf.constant(turn, tf.float32),
        tf.constant([mirrored]),
    )


def warped(image, view, size, color=SAME):
    return warps.warp(tf.constant(image), view, size, color)[0].numpy()


@pytest.mark.parametrize(
    "box",
    [
        [40, 30, 30, 22],
        [40.3, 29.7, 61, 61],
        [5, 50, 25, 40],  # Reaches past the border.
        [40, 30, 90, 70],  # Averaged by 2, by 4 and by 8.
        [40, 30, 140, 110],
        [35, 20, 600, 500],
        [900, 900, 10, 10],  # Nothing of the picture.
    ],
)
def test_a_box_as_it_is_gives_the_crop_of_evaluation(checkerboard, box):
    noise = np.random.default_rng(0).integers(0, 60, checkerboard.shape)
    image = (checkerboard // 2 + noise).astype(np.uint8)[:-3, :-1]
    wanted = crops.cut(
        tf.constant(image[None]), tf.constant([[box]], tf.float32), 32
    )
    found = warped(image, view_of(box), 32)
    np.testing.assert_allclose(found, wanted[0, 0], atol=0.01)


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (30, 1), (2, 2)])
def test_thin_pictures_fade_into_grey(shape):
    image = np.full([*shape, 3], 255, np.uint8)
    box = [shape[1] / 2, shape[0] / 2, 8, 8]
    wanted = crops.cut(
        tf.constant(image[None]), tf.constant([[box]], tf.float32), 16
    )
    found = warped(image, view_of(box), 16)
    np.testing.assert_allclose(found, wanted[0, 0], atol=0.01)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turn", [0.0, 0.3, math.pi / 2, 3.0])
def test_a_marked_pixel_moves_with_its_point(turn, mirrored):
    image = np.zeros((80, 80, 3), np.uint8)
    image[30:33, 35:38] = 255  # Its center is (36.5, 31.5).
    view = view_of([40, 40, 40, 30], turn, mirrored)
    found = warped(image, view, 64)[..., 0]
    point = warps.normalize(tf.constant([[[36.5, 31.5]]]), view)[0, 0]
    rows, columns = np.mgrid[:64, :64]
    center = [(found * columns).sum(), (found * rows).sum()] / found.sum()
    np.testing.assert_allclose((point + 0.5) * 64 - 0.5, center, atol=0.1)


def test_a_quarter_turn_is_clockwise():
    point = tf.constant([[[25.5, 10.5]]])
    view = view_of([20, 20, 40, 40], math.pi / 2)
    # (5.5, -9.5) from the center -> (9.5, 5.5).
    np.testing.assert_allclose(
        warps.normalize(point, view)[0, 0] * 40, [9.5, 5.5], atol=1e-4
    )


def test_points_of_a_box_as_it_is_are_those_of_boxes():
    points = tf.random.stateless_uniform([1, 5, 2], [0, 1], -30, 90)
    box = [12.0, 30.0, 20.0, 50.0]
    np.testing.assert_allclose(
        warps.normalize(points, view_of(box)),
        boxes.normalize(points, tf.constant(box)),
        atol=1e-5,
    )


def test_crops_of_one_picture_are_those_of_each_alone(checkerboard):
    sides = [[20, 24], [30, 20], [22, 22]]
    box = tf.constant(
        [[30 + i, 20, *s] for i, s in enumerate(sides)], tf.float32
    )
    mirrored = tf.constant([False, True, False])
    view = warps.View(box, tf.constant(0.4), mirrored)
    together = warps.warp(tf.constant(checkerboard), view, 24, SAME)
    for i in range(3):
        alone = warps.View(box[i : i + 1], view.turn, mirrored[i : i + 1])
        np.testing.assert_allclose(
            together[i], warped(checkerboard, alone, 24), atol=0.01
        )


def test_colors_change_linearly_within_their_range():
    image = np.full((20, 20, 3), [10, 100, 200], np.uint8)
    color = warps.Color(
        tf.constant([2.0, 1.0, 1.5]), tf.constant([-30.0, 5, 0])
    )
    found = warped(image, view_of([10, 10, 8, 8]), 4, color)
    np.testing.assert_allclose(found[1, 2], [0, 105, 255], atol=1e-3)


@pytest.mark.parametrize(
    "box", [[1e12, 1e12, 5, 5], [-1e6, 3, 5, 5], [5, 5, 1e12, 3], [5, 5, 0, 0]]
)
def test_absurd_boxes_give_finite_crops(checkerboard, box):
    assert np.isfinite(warped(checkerboard, view_of(box), 8)).all()
