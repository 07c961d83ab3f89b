import keras
import numpy as np

from deeppose_tf.geometry.skeletons import LSP
from deeppose_tf.losses import distillation
from deeppose_tf.losses import joint_losses
from deeppose_tf.losses import map_loss
from deeppose_tf.models import heads
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.training import training_options

ALL = list(range(14))
NOBODY = np.zeros((2, 14), bool)


def network(name="tiny", seed=0, head="integral"):
    keras.utils.set_random_seed(seed)
    spec = stage_specs.StageSpec(
        skeleton=LSP, network=name, head=head, image_size=32
    )
    return stages.build(spec, "all")


def with_dropout():
    crop = keras.Input((32, 32, 3))
    x = keras.layers.Dropout(0.9)(crop)
    x = keras.layers.Conv2D(14, 9, strides=4, name="maps")(x)
    return keras.Model(crop, heads.integral(keras.layers.ZeroPadding2D()(x)))


def crops():
    return np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3))


def of_nobody(student, teacher, joints):
    """The loss of people of whom nothing is labeled."""
    loss = distillation.WithTeacher(joint_losses.L1(), teacher, joints, 1.0)
    outputs = loss.outputs_of(student)(crops())
    truth = np.full((2, 14, 2), np.nan, "float32")
    return loss(outputs, truth, NOBODY).numpy()


def test_the_divergence_is_that_of_the_densities():
    rng = np.random.default_rng(0)
    wanted, maps = rng.normal(size=(2, 3, 4, 5, 2)).astype("float32")
    p, q = (
        np.exp(each) / np.exp(each).sum((1, 2), keepdims=True)
        for each in (wanted, maps)
    )
    np.testing.assert_allclose(
        distillation.divergence(wanted, maps),
        (p * np.log(p / q)).sum((1, 2, 3)),
        rtol=1e-4,
    )


def test_a_network_that_has_its_teachers_maps_is_taught_nothing():
    teacher = network()
    np.testing.assert_allclose(of_nobody(teacher, teacher, ALL), 0, atol=1e-5)
    assert (of_nobody(network(seed=1), teacher, ALL) > 0.01).all()


def test_joints_are_those_of_the_training():
    teacher, order = network(), ALL[::-1]
    student = network()
    kernel, bias = teacher.get_layer("maps").get_weights()
    student.get_layer("maps").set_weights(
        [kernel[..., order], bias[..., order]]
    )
    np.testing.assert_allclose(of_nobody(student, teacher, order), 0, atol=1e-5)
    assert (of_nobody(student, teacher, ALL) > 0.01).all()


def test_it_adds_to_losses_on_joints_and_on_maps():
    student, teacher = network(seed=1), network()
    both = map_loss.WithMaps(joint_losses.L1(), 0.5)
    loss = distillation.WithTeacher(both, teacher, ALL, 3.0)
    truth = np.full((2, 14, 2), 0.1, "float32")
    everybody = np.ones((2, 14), bool)
    outputs = loss.outputs_of(student)(crops())
    given = loss(outputs, truth, everybody)
    own = both(both.outputs_of(student)(crops()), truth, everybody)
    taught = 3.0 * of_nobody(student, teacher, ALL)
    np.testing.assert_allclose(given, own + taught, rtol=1e-4)


def test_the_teacher_learns_nothing_and_drops_nothing_out():
    student, teacher = network(seed=1), with_dropout()
    loss = distillation.WithTeacher(joint_losses.L1(), teacher, ALL, 1.0)
    truth, model = np.zeros((2, 14, 2), "float32"), loss.outputs_of(student)
    outputs = model(crops(), training=True)
    first, second = (loss(outputs, truth, NOBODY, training=True) for _ in "ab")
    np.testing.assert_array_equal(first, second)
    assert not loss.weights
    assert len(model.weights) == len(student.weights)


def test_options_make_the_loss_of_all_that_has_a_weight():
    student, teacher = network(seed=1), network()
    options = training_options.LossOptions(
        "l1", map_weight=0.5, teacher="somewhere", teacher_weight=3.0
    )
    found = options.with_maps(options.on_joints(), (teacher, ALL))
    wanted = distillation.WithTeacher(
        map_loss.WithMaps(joint_losses.L1(), 0.5), teacher, ALL, 3.0
    )
    truth, everybody = np.zeros((2, 14, 2), "float32"), np.ones((2, 14), bool)
    one, other = (
        loss(loss.outputs_of(student)(crops()), truth, everybody)
        for loss in (found, wanted)
    )
    np.testing.assert_allclose(one, other, rtol=1e-5)
