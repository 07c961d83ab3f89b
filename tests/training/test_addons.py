"""tensorflow-addons, where it is installed: `make test-addons`."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.training import addons
from deeppose_tf.training import optimizers
from deeppose_tf.training import weight_averages
from deeppose_tf.training.training_options import OptimizerOptions
from tests.tiny import strategy


@pytest.fixture(scope="module")
def tfa():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("tensorflow_addons")


def built(optimizer, warmup_steps=4, **options):
    recipe = OptimizerOptions(
        optimizer=optimizer,
        learning_rate=0.1,
        warmup_steps=warmup_steps,
        **options,
    )
    return optimizers.build(recipe, 10)


def trained(optimizer, steps=3):
    """A small model as it is before the first step, and after each."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    model.set_weights([np.full((2, 3), 0.5, "f4"), np.ones(3, "f4")])
    yield model
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum((model(tf.ones([4, 2])) - 2.5) ** 2)
        weights = model.trainable_variables
        gradients = tape.gradient(loss, weights)
        optimizer.apply_gradients(zip(gradients, weights, strict=True))
        yield model


def last(optimizer, **options):
    *_, model = trained(built(optimizer, **options))
    return model.get_weights()


@pytest.mark.parametrize("name", addons.OPTIMIZERS)
def test_each_optimizer_moves_all_weights_at_the_schedule_s_rate(tfa, name):
    optimizer = built(name)
    *_, model = trained(optimizer)
    for weight, start in zip(model.get_weights(), (0.5, 1.0), strict=True):
        assert np.isfinite(weight).all() and (weight != start).all()
    assert optimizer.iterations == 3


@pytest.mark.parametrize("name", ["RectifiedAdam", "NovoGrad", "AdaBelief"])
def test_a_name_gives_the_optimizer_of_that_name(tfa, name):
    rate = optimizers.Rate(OptimizerOptions(learning_rate=0.1), 10)
    wanted = getattr(tfa.optimizers, name)(rate, weight_decay=0.0)
    *_, model = trained(wanted)
    found = last(f"addons:{name}", weight_decay=0.0, warmup_steps=0)
    for one, other in zip(found, model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_weight_decay_is_a_share_of_the_rate_and_spares_biases(tfa):
    """Like Keras's AdamW, whose steps are the same."""
    for weight_decay in (0.0, 0.5):
        found, want = (
            last(name, weight_decay=weight_decay)
            for name in ("addons:AdamW", "adamw")
        )
        for one, other in zip(found, want, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)


def test_lookahead_steps_back_half_way_every_sixth_step(tfa):
    fast = list(
        m.get_weights()[0].copy() for m in trained(built("addons:LazyAdam"), 6)
    )
    slow = list(
        m.get_weights()[0].copy()
        for m in trained(built("addons:Lookahead:LazyAdam"), 6)
    )
    np.testing.assert_allclose(slow[5], fast[5], atol=1e-6)
    np.testing.assert_allclose(slow[6], (fast[0] + fast[6]) / 2, atol=1e-6)


def test_our_running_average_is_that_of_addons(tfa):
    optimizer = tfa.optimizers.MovingAverage(
        tf.keras.optimizers.legacy.SGD(0.01),
        average_decay=0.2,
        start_step=-1,
        dynamic_decay=True,
    )
    average = None
    for model in trained(optimizer, 4):
        if average is None:
            average = weight_averages.start(model, 0.2, strategy(1))
        else:
            average.update()
    before = model.get_weights()
    found = average.values()
    optimizer.assign_average_vars(model.trainable_variables)
    for one, other, raw in zip(found, model.get_weights(), before, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
        assert (np.abs(one - raw) > 1e-4).all()
