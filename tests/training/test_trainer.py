import itertools
import pathlib
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf.launch import cluster
from deeppose_tf.losses import joint_losses
from deeppose_tf.models import half_precision
from deeppose_tf.training import devices
from deeppose_tf.training import optimizers
from deeppose_tf.training import train_step
from deeppose_tf.training import trainer
from deeppose_tf.training import training_log
from deeppose_tf.training import training_options
from deeppose_tf.training import workers
from tests.tiny import strategy
from tests.training.test_summaries import scalars


def tiny_model(dropout=0.0):
    """Linear in the mean color: trains in no time."""
    crop = keras.Input((4, 4, 3))
    x = keras.layers.GlobalAveragePooling2D()(crop)
    x = keras.layers.Rescaling(1 / 255)(x)
    x = keras.layers.Dropout(dropout)(x)
    x = keras.layers.Dense(4)(x)
    return keras.Model(crop, keras.layers.Reshape((2, 2))(x))


def tiny_model_with_spread():
    """Like `tiny_model`, and how far off each coordinate may be."""
    model = tiny_model()
    x = keras.layers.GlobalAveragePooling2D()(model.input)
    x = keras.layers.Rescaling(1 / 255)(x)
    x = keras.layers.Dense(4, activation="sigmoid")(x)
    spread = keras.layers.Reshape((2, 2))(x)
    both = keras.layers.Concatenate()([model.output, spread])
    return keras.Model(model.input, both)


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


class Validation:
    """Evaluates by a function; by default every step is as good."""

    def __init__(self, evaluate=None):
        self.started = 0
        self._evaluate = evaluate

    def start(self):
        self.started += 1

    def evaluate(self):
        assert self.started == 1
        if self._evaluate is None:
            return {"validation": {"score": 1.0}}
        return self._evaluate()


def fit(
    run_dir,
    steps,
    *,
    eval_every=10,
    evaluate=None,
    data=batches,
    rate=0.1,
    dropout=0.0,
    replicas=1,
    loss="l2",
    of=workers.Workers,
    is_remote=False,
    **schedule,
):
    keras.utils.set_random_seed(1)
    place = strategy(replicas)
    with place.scope():
        told = loss == "rle"
        model = tiny_model_with_spread() if told else tiny_model(dropout)
        recipe = training_options.OptimizerOptions(
            optimizer="sgd", decay="constant", learning_rate=rate
        )
        optimizer = optimizers.build(recipe, steps)
        learned = training_options.LossOptions(loss).on_joints()
    trainer.fit(
        model,
        optimizer,
        loss=learned,
        batches=data,
        validation=Validation(evaluate),
        schedule=training_options.Schedule(
            steps=steps,
            batch_size=8,
            eval_every=eval_every,
            clip_norm=5.0,
            **schedule,
        ),
        run_dir=pathlib.Path(run_dir),
        workers=of(place),
        is_remote=is_remote,
    )
    return model


def test_training_learns_a_simple_relation(tmp_path):
    model = fit(tmp_path, 200)
    crop, joints, labeled = next(iter(batches(10_000)))
    loss = joint_losses.L2()(model(crop), joints, labeled)
    assert float(tf.reduce_mean(loss)) < 0.01


def test_a_resumed_run_equals_an_unbroken_one(tmp_path):
    unbroken = fit(tmp_path / "a", 30, dropout=0.5)
    fit(tmp_path / "b", 20, dropout=0.5)
    resumed = fit(tmp_path / "b", 30, dropout=0.5)
    for want, found in zip(unbroken.weights, resumed.weights, strict=True):
        np.testing.assert_allclose(want, found, atol=1e-6)


@pytest.mark.parametrize(
    "replicas", [1, pytest.param(2, marks=pytest.mark.slow(13))]
)
def test_an_averaged_run_resumes_too(tmp_path, replicas):
    how = dict(weight_average=0.9, rate=0.01, eval_every=4, replicas=replicas)
    unbroken = fit(tmp_path / "a", 12, **how)
    fit(tmp_path / "b", 4, **how)
    fit(tmp_path / "b", 8, **how)
    resumed = fit(tmp_path / "b", 12, **how)
    for want, found in zip(unbroken.weights, resumed.weights, strict=True):
        np.testing.assert_allclose(want, found, atol=1e-6)
    for folder, model in (("a", unbroken), ("b", resumed)):
        model.load_weights(tmp_path / folder / "last.weights.h5")
    for want, found in zip(unbroken.weights, resumed.weights, strict=True):
        np.testing.assert_allclose(want, found, atol=1e-6)


@pytest.mark.parametrize(
    "replicas", [pytest.param(n, marks=pytest.mark.slow(20)) for n in (1, 2)]
)
def test_what_a_loss_learns_along_resumes_too(tmp_path, replicas):
    how = dict(loss="rle", rate=0.01, replicas=replicas, eval_every=4)
    unbroken = fit(tmp_path / "a", 12, **how)
    fit(tmp_path / "b", 8, **how)
    resumed = fit(tmp_path / "b", 12, **how)
    for want, found in zip(unbroken.weights, resumed.weights, strict=True):
        np.testing.assert_allclose(want, found, atol=1e-6)


def test_saved_weights_are_the_running_average(tmp_path):
    seen = []
    model = fit(
        tmp_path / "run",
        3,
        eval_every=1,
        weight_average=0.2,
        evaluate=lambda: seen.append(1) or {"validation": {"score": 0.0}},
    )
    each = [fit(tmp_path / f"{n}", n, eval_every=1) for n in (1, 2, 3)]
    keras.utils.set_random_seed(1)
    want = [w.numpy() for w in tiny_model().weights]
    # 2/11 and then 0.2, which is less than 3/12 and 4/13.
    for kept, now in zip((2 / 11, 0.2, 0.2), each, strict=True):
        want = [
            kept * a + (1 - kept) * b.numpy()
            for a, b in zip(want, now.weights, strict=True)
        ]
    average = tiny_model()
    average.load_weights(tmp_path / "run" / "last.weights.h5")
    for a, b in zip(want, average.get_weights(), strict=True):
        # Half of float16's last digit, where kernels are rounded to it.
        rounding = 2**-11 if half_precision.is_kernel(b) else 0.0
        np.testing.assert_allclose(a, b, rtol=rounding, atol=1e-6)
    for a, b in zip(each[-1].weights, model.weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_saved_kernels_are_numbers_of_float16(tmp_path):
    trained = fit(tmp_path, 3)
    saved = tiny_model()
    saved.load_weights(tmp_path / "last.weights.h5")
    kernels = 0
    for ours, theirs in zip(
        trained.get_weights(), saved.get_weights(), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=2**-11)
        if ours.ndim > 1:
            assert (ours != theirs).any()
            assert (theirs == theirs.astype(np.float16)).all()
            kernels += 1
    assert kernels


def test_what_is_judged_is_the_running_average(tmp_path):
    place, judged = strategy(1), []
    with place.scope():
        model = tiny_model()
        recipe = training_options.OptimizerOptions(
            optimizer="sgd", learning_rate=0.1
        )
        optimizer = optimizers.build(recipe, 5)

    def evaluate():
        judged.extend(w.numpy() for w in model.weights)
        return {"validation": {"score": 1.0}}

    trainer.fit(
        model,
        optimizer,
        loss=joint_losses.L2(),
        batches=batches,
        validation=Validation(evaluate),
        schedule=training_options.Schedule(5, 8, 5, weight_average=0.9),
        run_dir=tmp_path,
        workers=workers.Workers(place),
    )
    model.load_weights(tmp_path / "best.weights.h5")
    for want, found in zip(judged, model.weights, strict=True):
        np.testing.assert_array_equal(want, found)


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
    fit(tmp_path / "other", 20)
    best, at_20 = tiny_model(), tiny_model()
    best.load_weights(tmp_path / "run" / "best.weights.h5")
    at_20.load_weights(tmp_path / "other" / "last.weights.h5")
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


def updated(replicas, jit_compile):
    """Loss and weights after one step."""
    keras.utils.set_random_seed(1)
    place = strategy(replicas)
    with place.scope():
        model = tiny_model()
        recipe = training_options.OptimizerOptions(
            optimizer="sgd", learning_rate=1e-3
        )
        optimizer = optimizers.build(recipe, 10)
        optimizer.build(model.trainable_variables)
    # Clipping at 0.01 shows that the global gradient is what is clipped.
    schedule = training_options.Schedule(
        10, 8, 10, clip_norm=0.01, jit_compile=jit_compile
    )
    step = train_step.make(model, optimizer, joint_losses.L2(), schedule, place)
    batch = next(iter(place.experimental_distribute_dataset(batches(0))))
    return float(step(batch)), [w.numpy() for w in model.weights]


@pytest.mark.parametrize(("replicas", "jit_compile"), [(2, False), (1, True)])
def test_replicas_and_compilation_change_no_update(replicas, jit_compile):
    loss, weights = updated(1, False)
    other_loss, other_weights = updated(replicas, jit_compile)
    assert loss == pytest.approx(other_loss, rel=1e-6)
    for a, b in zip(weights, other_weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-7)


def test_replicas_are_not_compiled_together():
    schedule = training_options.Schedule(batch_size=8, jit_compile=True)
    two = training_options.Placement("mirrored", logical_cpus=2)
    with pytest.raises(errors.InputError, match="here are 2; leave it out"):
        devices.check(two, schedule, 1)
    devices.check(training_options.Placement("one_device"), schedule, 1)


def profiles(run_dir):
    return list(run_dir.glob("tensorboard/**/*.xplane.pb"))


def test_a_profile_is_written_of_the_steps_asked_for(tmp_path, caplog):
    fit(tmp_path, 4, profile_steps="2,3")
    assert len(profiles(tmp_path)) == 1
    fit(tmp_path, 6, profile_steps="6, 6")  # Training goes on.
    assert "is no profile" not in caplog.text


def test_a_stop_among_the_steps_of_a_profile_leaves_it(tmp_path):
    def evaluate():
        signal.raise_signal(signal.SIGTERM)
        return {"validation": {"score": 1.0}}

    with pytest.raises(SystemExit):
        fit(tmp_path, 9, eval_every=3, profile_steps="2,8", evaluate=evaluate)
    assert len(profiles(tmp_path)) == 1


@pytest.mark.parametrize("span", ["1,2", "5,9"])
def test_a_profile_of_steps_that_are_not_done_is_told(tmp_path, caplog, span):
    fit(tmp_path, 2)
    caplog.clear()
    fit(tmp_path, 4, profile_steps=span)
    assert f"--profile_steps={span}: none of these steps" in caplog.text
    assert not profiles(tmp_path)


class WithAnother(workers.Workers):
    """A process with another one, whose clock says at step 3: save."""

    def __init__(self, strategy):
        super().__init__(strategy, cluster.Cluster(("a:1", "b:2")))
        self._steps = 0

    def _gathered(self, row):
        self._steps += 1
        return np.concatenate([row, [0, self._steps == 3]])


def test_all_save_where_the_clock_of_one_says_so(tmp_path):
    folder = tmp_path / "checkpoints"
    fit(tmp_path, 4, of=WithAnother)
    assert sorted(path.stem for path in folder.glob("*.index")) == [
        "ckpt-3",
        "ckpt-4",
    ]


@pytest.mark.parametrize("span", ["", "3", "0,2", "5,4", "1,2,3", "a,b"])
def test_other_words_are_no_span_of_steps(span):
    with pytest.raises(errors.InputError, match="want the first and the last"):
        training_options.Schedule(profile_steps=span).check()


def test_waiting_for_input_is_told(tmp_path, monkeypatch):
    now = 100.0
    monkeypatch.setattr(training_log.time, "monotonic", lambda: now)
    schedule = training_options.Schedule(steps=20, batch_size=8, eval_every=10)
    log = training_log.Log(tmp_path, 0, schedule)
    for step, (seconds, waited) in enumerate([(2, 1.0), (2, 0.0)] * 2, 1):
        now += seconds
        log.step(step, 0.5, 0.1, waited)
    speed = log.speed(4)
    assert speed == {"examples_per_second": 4.0, "input_wait": 0.25}
    log.evaluation(4, speed, {"validation": {"score": 1.0}})
    now += 2
    log.step(5, 0.5, 0.1, 2.0)
    assert log.speed(5)["input_wait"] == 1.0
    log.flush()
    shown = scalars(tmp_path / "tensorboard" / "train")
    assert shown["headline/input_wait"] == {4: 0.25}


def test_rate_warms_up_then_falls_to_nothing():
    recipe = training_options.OptimizerOptions(
        learning_rate=2.0, warmup_steps=4, decay="cosine"
    )
    rate = optimizers.Rate(recipe, 24)
    assert [float(rate(s)) for s in range(4)] == [0.5, 1.0, 1.5, 2.0]
    assert float(rate(14)) == pytest.approx(1.0)
    assert float(rate(24)) == pytest.approx(0.0, abs=1e-6)


def test_a_figure_beyond_all_bounds_says_that_training_diverged(tmp_path):
    figures = {"validation": {"score": 0.1, "error_pixels": 1e300}}
    with pytest.raises(errors.InputError, match="error_pixels .* diverged"):
        fit(tmp_path, 5, evaluate=lambda: figures)


def scored(*scores):
    """Evaluations with these scores; one more is an error."""
    left = iter(scores)
    return lambda: {"validation": {"score": next(left)}}


def test_patience_ends_after_evaluations_without_a_better_score(tmp_path):
    evaluate = scored(0.1, 0.3, 0.3, 0.2, 0.4, 0.4, 0.3, 0.3)
    fit(tmp_path, 100, eval_every=1, patience=3, evaluate=evaluate)
    assert (tmp_path / "checkpoints" / "ckpt-8.index").exists()
    # A finished training does nothing more, not even evaluate.
    fit(tmp_path, 100, eval_every=1, patience=3, evaluate=scored())
    # It goes on where more patience is asked for.
    more = scored(0.2, 0.5, 0.5, 0.5, 0.5, 0.5)
    fit(tmp_path, 100, eval_every=1, patience=4, evaluate=more)
    assert (tmp_path / "checkpoints" / "ckpt-9.index").exists()


def test_without_patience_a_training_goes_to_its_end(tmp_path):
    fit(tmp_path, 4, eval_every=1, evaluate=scored(0.4, 0.3, 0.2, 0.1))
    assert (tmp_path / "checkpoints" / "ckpt-4.index").exists()


def test_patience_may_come_and_go_between_two_runs(tmp_path):
    """Checkpoints without it hold no count, which begins at 0 then."""
    falling = scored(0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
    fit(tmp_path, 2, eval_every=1, evaluate=falling)
    fit(tmp_path, 9, eval_every=1, patience=2, evaluate=falling)
    assert (tmp_path / "checkpoints" / "ckpt-4.index").exists()
    fit(tmp_path, 6, eval_every=1, evaluate=falling)
    assert (tmp_path / "checkpoints" / "ckpt-6.index").exists()


def test_the_loss_is_shown_every_ten_steps_and_at_evaluations(tmp_path):
    fit(tmp_path, 26, eval_every=13)
    found = scalars(tmp_path / "tensorboard" / "train")
    assert list(found["headline/loss"]) == [10, 13, 20, 26]
    assert list(found["headline/learning_rate"]) == [10, 13, 20, 26]
    assert list(found["headline/examples_per_second"]) == [13, 26]
