import itertools
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf import losses
from deeppose_tf import optimizers
from deeppose_tf import trainer


def strategy(replicas):
    names = [d.name for d in tf.config.list_logical_devices("CPU")]
    return tf.distribute.MirroredStrategy(names[:replicas])


def tiny_model(dropout=0.0):
    """Linear in the mean color: trains in no time."""
    crop = keras.Input((4, 4, 3))
    x = keras.layers.GlobalAveragePooling2D()(crop)
    x = keras.layers.Rescaling(1 / 255)(x)
    x = keras.layers.Dropout(dropout)(x)
    x = keras.layers.Dense(4)(x)
    return keras.Model(crop, keras.layers.Reshape((2, 2))(x))


def batches(start):
    """Targets that the mean color determines."""

    def make(i):
        crop = tf.random.stateless_uniform([8, 1, 1, 3], [0, i], 0, 255)
        crop = tf.tile(crop, [1, 4, 4, 1])
        joints = tf.tile(crop[:, :2, 0, :1] / 255, [1, 1, 2])
        return crop, joints, tf.ones([8, 2], tf.bool)

    return tf.data.Dataset.counter(start).map(
        lambda i: make(tf.cast(i, tf.int32))
    )


def fit(
    run_dir,
    steps,
    *,
    eval_every=10,
    evaluate=None,
    data=batches,
    rate=0.1,
    dropout=0.0,
):
    keras.utils.set_random_seed(1)
    place = strategy(1)
    with place.scope():
        model = tiny_model(dropout)
        recipe = optimizers.Recipe(
            optimizer="sgd", decay="constant", learning_rate=rate
        )
        optimizer = optimizers.build(recipe, steps)
    trainer.fit(
        model,
        optimizer,
        loss=losses.l2,
        batches=data,
        prepare=lambda: evaluate or (lambda: {"validation": {"score": 1.0}}),
        schedule=trainer.Schedule(
            steps=steps, batch_size=8, eval_every=eval_every, clip_norm=5.0
        ),
        run_dir=pathlib.Path(run_dir),
        strategy=place,
    )
    return model


def test_training_learns_a_simple_relation(tmp_path):
    model = fit(tmp_path, 200)
    crop, joints, labeled = next(iter(batches(10_000)))
    assert float(tf.reduce_mean(losses.l2(model(crop), joints, labeled))) < 0.01


def test_a_resumed_run_equals_an_unbroken_one(tmp_path):
    unbroken = fit(tmp_path / "a", 30, dropout=0.5)
    fit(tmp_path / "b", 20, dropout=0.5)
    resumed = fit(tmp_path / "b", 30, dropout=0.5)
    for want, found in zip(unbroken.weights, resumed.weights, strict=True):
        np.testing.assert_allclose(want, found, atol=1e-6)


def test_a_finished_run_does_nothing_more(tmp_path):
    fit(tmp_path, 10)
    before = (tmp_path / "last.weights.h5").stat().st_mtime_ns
    fit(tmp_path, 10)
    assert (tmp_path / "last.weights.h5").stat().st_mtime_ns == before


def test_best_weights_are_those_of_the_highest_score(tmp_path):
    scores = iter([0.2, 0.9, 0.5])
    fit(
        tmp_path / "run",
        30,
        evaluate=lambda: {"validation": {"score": next(scores)}},
    )
    at_20 = fit(tmp_path / "other", 20)
    best = tiny_model()
    best.load_weights(tmp_path / "run" / "best.weights.h5")
    for want, found in zip(at_20.weights, best.weights, strict=True):
        np.testing.assert_allclose(want, found, atol=1e-6)


def test_a_loss_that_is_no_number_names_step_and_rate(tmp_path):
    def broken(start):
        for i, (crop, joints, labeled) in enumerate(batches(start)):
            yield crop, joints + (np.nan if i == 3 else 0.0), labeled

    def data(start):
        spec = tf.nest.map_structure(
            tf.TensorSpec.from_tensor, next(iter(batches(0)))
        )
        return tf.data.Dataset.from_generator(
            lambda: itertools.islice(broken(start), 10), output_signature=spec
        )

    with pytest.raises(errors.InputError, match="step 4, learning rate 0.05"):
        fit(tmp_path, 10, data=data, rate=0.05)


def test_two_replicas_update_as_one():
    """Loss and weights after a step do not depend on the replicas."""
    results = []
    for replicas in (1, 2):
        keras.utils.set_random_seed(1)
        place = strategy(replicas)
        with place.scope():
            model = tiny_model()
            recipe = optimizers.Recipe(optimizer="sgd", decay="constant")
            optimizer = optimizers.build(recipe, 10)
            optimizer.build(model.trainable_variables)
        # Clipping at 0.01 shows that the global gradient is what is clipped.
        schedule = trainer.Schedule(10, 8, 10, clip_norm=0.01)
        step = trainer.make_step(model, optimizer, losses.l2, schedule, place)
        batch = next(iter(place.experimental_distribute_dataset(batches(0))))
        loss = float(step(batch))
        results.append((loss, [w.numpy() for w in model.weights]))
    (loss_1, weights_1), (loss_2, weights_2) = results
    assert loss_1 == pytest.approx(loss_2, rel=1e-6)
    for a, b in zip(weights_1, weights_2, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-7)


def test_rate_warms_up_then_falls_to_nothing():
    recipe = optimizers.Recipe(learning_rate=2.0, warmup_steps=4)
    rate = optimizers.Rate(recipe, 24)
    assert [float(rate(s)) for s in range(4)] == [0.5, 1.0, 1.5, 2.0]
    assert float(rate(14)) == pytest.approx(1.0)
    assert float(rate(24)) == pytest.approx(0.0, abs=1e-6)


def test_a_figure_beyond_all_bounds_says_that_training_diverged(tmp_path):
    figures = {"validation": {"score": 0.1, "error_pixels": 1e300}}
    with pytest.raises(errors.InputError, match="error_pixels .* diverged"):
        fit(tmp_path, 5, evaluate=lambda: figures)
