import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator

from deeppose_tf.evaluation import results
from deeppose_tf.training import summaries


def scalars(folder):
    """By tag: {step: value}, of a TensorBoard run."""
    events = event_accumulator.EventAccumulator(
        str(folder), size_guidance={"tensors": 0}
    )
    events.Reload()
    return {
        tag: {
            event.step: float(tf.make_ndarray(event.tensor_proto))
            for event in events.Tensors(tag)
        }
        for tag in events.Tags()["tensors"]
    }


def test_a_curve_is_a_run_whose_steps_are_thresholds(tmp_path):
    shares = np.linspace(0, 1, 101)
    for factor in (0.1, 1.0):  # The second takes the first one's place.
        curve = {"mean": factor * shares, "neck": factor * shares / 2}
        with summaries.run(tmp_path, "a_stage"):
            summaries.curve("pdj_curve", curve, results.CURVE)
    found = scalars(tmp_path / "tensorboard" / "a_stage")
    assert set(found) == {"pdj_curve/mean", "pdj_curve/neck"}
    assert sorted(found["pdj_curve/mean"]) == list(range(0, 501, 5))
    assert found["pdj_curve/mean"][500] == 1.0
    np.testing.assert_allclose(found["pdj_curve/neck"][250], 0.25, rtol=1e-6)


def test_a_curve_is_what_tensorflow_s_scalars_would_be(tmp_path):
    curve = {"mean": np.linspace(0, 1, 101), "neck": np.linspace(1, 0, 101)}
    with summaries.run(tmp_path, "ours"):
        summaries.curve("pdj_curve", curve, results.CURVE)
    with summaries.run(tmp_path, "theirs"):
        for name, values in curve.items():
            for threshold, value in zip(results.CURVE, values, strict=True):
                step = round(1000 * threshold)
                tf.summary.scalar(f"pdj_curve/{name}", value, step=step)
    ours, theirs = (
        sorted(values_in(tmp_path / "tensorboard" / name))
        for name in ("ours", "theirs")
    )
    assert len(ours) == 2 * 101
    assert ours == theirs


def values_in(folder):
    """Step, tag, number and kind of every value in an event file."""
    (path,) = folder.glob("events*")
    for event in tf.compat.v1.train.summary_iterator(str(path)):
        for value in event.summary.value:
            number = float(tf.make_ndarray(value.tensor))
            kind = value.metadata.SerializeToString()
            yield event.step, value.tag, number, kind


def test_headlines_come_first_and_joints_and_limbs_below(tmp_path):
    writers = summaries.Writers(tmp_path, 0)
    writers.write("train", 7, {"loss": 2.5})
    writers.write(
        "validation",
        7,
        {
            "auc": 0.5,
            "pdj@0.2": 0.25,
            "pdj@0.2/neck": 0.75,
            "pcp_strict/mean_of_4": 0.375,
            "pcp_strict/lower_arm": 0.125,
            "error_pixels": 8.0,
        },
    )
    writers.flush()
    folder = tmp_path / "tensorboard"
    assert scalars(folder / "train") == {"headline/loss": {7: 2.5}}
    found = scalars(folder / "validation")
    assert found == {
        "headline/auc": {7: 0.5},
        "headline/pdj@0.2": {7: 0.25},
        "headline/pcp_strict": {7: 0.375},
        "joints_pdj@0.2/neck": {7: 0.75},
        "limbs_pcp_strict/lower_arm": {7: 0.125},
        "more/error_pixels": {7: 8.0},
    }
    # TensorBoard sorts groups.
    others = "joints", "limbs", "more", "pdj_curve", "pictures", "result"
    assert "headline" < min(others)


def test_flags_and_hparams_are_in_the_run(tmp_path):
    with summaries.run(tmp_path, "result"):
        summaries.text("flags", "--stage=2\n--flip")
        summaries.hparams(
            "mine/stage2", {"stage": 2, "sigma": None}, {"result/pdj@0.2": 0.5}
        )
    folder = tmp_path / "tensorboard" / "result"
    events = event_accumulator.EventAccumulator(str(folder))
    events.Reload()
    (flags,) = events.Tensors("flags")
    assert tf.make_ndarray(flags.tensor_proto).item() == (
        b"    --stage=2\n    --flip\n"
    )
    (final,) = events.Tensors("result/pdj@0.2")
    assert tf.make_ndarray(final.tensor_proto) == 0.5
    start = events.SummaryMetadata("_hparams_/session_start_info")
    content = start.plugin_data.content
    assert b"stage" in content and b"sigma" not in content
    assert b"mine/stage2" in content
