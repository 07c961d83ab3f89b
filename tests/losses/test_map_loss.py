import keras
import numpy as np
import tensorflow as tf

from deeppose_tf.geometry.skeletons import LSP
from deeppose_tf.losses import joint_losses
from deeppose_tf.losses import map_loss
from deeppose_tf.models import soft_argmax
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages

SPEC = stage_specs.StageSpec(
    skeleton=LSP, network="compact", head="integral", image_size=32
)
CELLS = 12


def density(x, y):
    """Map of one joint, logarithm of a normal density of one cell."""
    centers = soft_argmax.cell_centers(CELLS, soft_argmax.MARGIN) * (
        CELLS - 2 * soft_argmax.MARGIN
    )
    cell = 1.0 / (CELLS - 2 * soft_argmax.MARGIN)
    apart = (centers - x / cell) ** 2 + (centers[:, None] - y / cell) ** 2
    return (-apart / 2)[None, ..., None].astype("float32")


def divergence(maps, truth, labeled=True):
    truth = np.array([[truth]], "float32")
    return float(map_loss.divergence(maps, truth, np.array([[labeled]]))[0])


def test_a_density_around_the_joint_is_no_divergence():
    maps = tf.constant(density(0.11, -0.2))
    assert divergence(maps, (0.11, -0.2)) < 1e-5
    # Two normal densities of one cell, d cells apart: d * d / 2.
    np.testing.assert_allclose(
        divergence(maps, (0.11 + 1 / 8, -0.2)), 0.5, atol=0.02
    )


def test_the_place_between_two_is_worse_than_a_guess_of_both():
    left, right = density(-0.25, 0.0), density(0.25, 0.0)
    both = tf.constant(np.logaddexp(left, right))
    between = tf.constant(density(0.0, 0.0))
    layer = soft_argmax.SoftArgmax(soft_argmax.MARGIN)
    np.testing.assert_allclose(layer(both), layer(between), atol=1e-5)
    assert divergence(both, (-0.25, 0.0)) < divergence(between, (-0.25, 0.0))


def test_joints_without_a_label_or_outside_the_maps_do_not_count():
    maps = tf.constant(density(0.0, 0.0))
    # The maps reach two of eight cells outside the box.
    assert divergence(maps, (0.74, 0.0)) > 0
    assert divergence(maps, (0.76, 0.0)) == 0
    assert divergence(maps, (0.3, 0.0), labeled=False) == 0


def test_a_label_that_is_none_gives_no_gradient():
    maps = tf.Variable(density(0.0, 0.0))
    for place in (np.nan, 1e30):
        with tf.GradientTape() as tape:
            apart = map_loss.divergence(
                maps, tf.constant([[[place, 0.0]]]), tf.constant([[False]])
            )
        np.testing.assert_array_equal(tape.gradient(apart, maps), 0.0 * maps)


def test_training_reveals_the_maps_that_the_model_takes_the_mean_of():
    keras.utils.set_random_seed(1)
    model = stages.build(SPEC, "all")
    loss = map_loss.WithMaps(joint_losses.L1(), 0.5)
    judged = loss.outputs_of(model)
    crops = np.random.default_rng(0).uniform(0, 255, (3, 32, 32, 3))
    joints, maps = judged(crops)
    np.testing.assert_array_equal(joints, model(crops))
    layer = soft_argmax.SoftArgmax(soft_argmax.MARGIN)
    np.testing.assert_allclose(layer(maps), joints, atol=1e-6)
    truth, labeled = np.zeros_like(joints), np.ones(joints.shape[:2], bool)
    np.testing.assert_allclose(
        loss((joints, maps), truth, labeled),
        joint_losses.L1()(joints, truth, labeled)
        + 0.5 * map_loss.divergence(maps, truth, labeled),
        rtol=1e-6,
    )
