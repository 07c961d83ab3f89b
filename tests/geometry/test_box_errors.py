import numpy as np
import tensorflow as tf

from deeppose_tf.geometry import box_errors
from deeppose_tf.geometry.box_errors import BoxErrors

BOX = tf.constant([[50.0, 60.0, 20.0, 40.0]] * 100)
INDEX = tf.range(100)


def test_nothing_is_wrong_by_itself():
    np.testing.assert_array_equal(box_errors.NONE.applied(BOX, INDEX), BOX)
    assert not str(box_errors.NONE)


def test_boxes_grow_about_their_centers():
    found = BoxErrors(scale=1.5).applied(BOX, INDEX)
    np.testing.assert_allclose(found, [[50, 60, 30, 60]] * 100)


def test_boxes_are_shifted_by_a_share_of_their_sides_in_all_directions():
    found = BoxErrors(shift=0.1).applied(BOX, INDEX).numpy()
    np.testing.assert_array_equal(found[:, 2:], BOX[:, 2:])
    moved = (found - BOX)[:, :2] / BOX[:, 2:]
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), 0.1, atol=1e-5)
    assert np.abs(moved.numpy().mean(axis=0)).max() < 0.01
    again = BoxErrors(shift=0.1).applied(BOX[40:], INDEX[40:])
    np.testing.assert_allclose(again, found[40:], atol=1e-5)


def test_no_box_is_the_whole_picture():
    found = BoxErrors(whole_picture=True).applied(BOX, INDEX)
    assert (found.numpy()[:, 2:] == 0).all()
    assert "whole picture" in str(BoxErrors(whole_picture=True))
