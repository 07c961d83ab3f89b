import importlib
import json
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from deeppose_tf import errors
from deeppose_tf.examples import input_pipeline
from deeppose_tf.geometry import crops
from deeppose_tf.geometry import torso
from deeppose_tf.geometry import windows
from deeppose_tf.inference import predictor
from deeppose_tf.models import cascade
from deeppose_tf.models import confidence
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.runs import warm_starts
from deeppose_tf.serving import export_litert
from deeppose_tf.serving import export_sources
from deeppose_tf.serving import interface
from deeppose_tf.serving import litert_networks
from deeppose_tf.serving import litert_runtime
from deeppose_tf.serving import saved_models
from deeppose_tf.storage import digests
from tests.launcher import refused
from tests.launcher import run

pytest.importorskip("ai_edge_litert")
litert_runner = importlib.import_module("deeppose_tf.serving.litert_runner")


@pytest.fixture(scope="module")
def versions(run_dir, data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("litert")
    source = export_sources.of_run(run_dir, data)
    return {
        dtype: export_litert.export(source, folder / dtype, dtype, data)
        for dtype in interface.DTYPES["litert"]
    }


@pytest.fixture(scope="module")
def seen(run_dir, data):
    model = cascade.load(run_dir)
    found = export_litert.inputs_seen(model, data)
    return model, [found[stage.networks["all"]][0] for stage in model.stages]


def joints_of(version, seen):
    """What each network says of the crops it sees, in box units."""
    _, seen_crops = seen
    networks = litert_runtime.load(version).networks
    return [
        networks[f"stage{i + 1}_all.tflite"](crop[:56])[0]
        for i, crop in enumerate(seen_crops)
    ]


def wanted(seen):
    model, seen_crops = seen
    return [
        stage.networks["all"](crop[:56], training=False).numpy()
        for stage, crop in zip(model.stages, seen_crops, strict=True)
    ]


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float32", 1e-4), ("float16", 2e-3)]
)
def test_networks_answer_as_keras_does(versions, seen, dtype, tolerance):
    for found, want in zip(
        joints_of(versions[dtype], seen), wanted(seen), strict=True
    ):
        np.testing.assert_allclose(found, want, atol=tolerance)


def test_int8_stays_near(versions, seen):
    for found, want in zip(
        joints_of(versions["int8"], seen), wanted(seen), strict=True
    ):
        # Untrained maps are nearly flat, so steps of 1/256 of them show.
        assert np.abs(found - want).mean() < 0.02


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float32", 1e-4), ("float16", 5e-3)]
)
def test_peaks_are_the_same(tmp_path, data, dtype, tolerance):
    keras.utils.set_random_seed(1)
    spec = stage_specs.StageSpec(
        stage=1,
        skeleton=data.skeleton,
        network="compact",
        head="peak",
        image_size=32,
        spread=True,
    )
    network = stages.build(spec, "all")
    maps = network.get_layer("maps")
    # Peaks that rounding does not move elsewhere.
    maps.set_weights([20.0 * weight for weight in maps.get_weights()])
    path = tmp_path / "peaks.tflite"
    path.write_bytes(litert_networks.convert(network, 1, dtype))
    crop = np.random.default_rng(0).uniform(0, 255, (8, 32, 32, 3))
    (found,) = litert_runner.Network(path)(crop)
    np.testing.assert_allclose(
        found, network(crop, training=False), atol=tolerance
    )


@pytest.mark.keras3  # Of the other stack's converter names are others.
@pytest.mark.parametrize("head", ["peak", "context"])
def test_int8_leaves_what_reads_maps_in_float32(data, head):
    """A softmax in int8 would take most of the places of a joint away."""
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    spec = stage_specs.StageSpec(
        stage=1,
        skeleton=data.skeleton,
        network="tiny",
        head=head,
        image_size=32,
        spread=True,
    )
    rng = np.random.default_rng(0)
    crop = rng.uniform(0, 255, (8, 32, 32, 3)).astype(np.float32)
    content = litert_networks.convert(
        stages.build(spec, "all"), 1, "int8", [crop]
    )
    tensors = litert.Interpreter(model_content=content).get_tensor_details()

    def kinds(name):
        """Of the outputs of operations; weights have four dimensions too."""
        return {t["dtype"] for t in tensors if t["name"].startswith(name)}

    assert np.int8 in kinds("maps")
    assert {t["dtype"] for t in tensors if "Softmax" in t["name"]} == {
        np.float32
    }
    if head == "context":
        assert np.float32 not in kinds("context_0_in")
        assert np.int8 in kinds("context_0_in")
        assert kinds("context_corrected") == {np.float32}


@pytest.mark.parametrize("kernel", [(7, 7), (6, 9), (2, 11)])
@pytest.mark.parametrize("bias", [False, True])
def test_large_depthwise_kernels_go_in_parts(tmp_path, kernel, bias):
    """LiteRT takes ten times as long for more than 5 x 5 weights a channel."""
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    keras.utils.set_random_seed(1)
    inputs = keras.Input((12, 15, 4))
    outputs = keras.layers.DepthwiseConv2D(
        kernel,
        padding="same",
        use_bias=bias,
        bias_initializer="normal",
        activation="relu" if bias else None,
    )(inputs)
    network = keras.Model(inputs, outputs)
    path = tmp_path / "large.tflite"
    path.write_bytes(litert_networks.convert(network, 1, "float32"))
    pictures = np.random.default_rng(0).normal(size=(3, 12, 15, 4))
    np.testing.assert_allclose(
        litert_runner.Network(path)(pictures)[0],
        network(pictures, training=False),
        atol=1e-5,
    )
    tensors = litert.Interpreter(str(path)).get_tensor_details()
    sides = {max(t["shape"][1:3]) for t in tensors if len(t["shape"]) == 4}
    assert min(sides) <= 5
    assert not sides & set(kernel)


def test_smaller_kinds_are_smaller(versions):
    sizes = {
        dtype: sum(p.stat().st_size for p in path.glob("*.tflite"))
        for dtype, path in versions.items()
    }
    assert sizes["float16"] < 0.6 * sizes["float32"]
    assert sizes["int8"] < 0.4 * sizes["float32"]


def test_int8_is_measured_on_what_networks_see_of_training_people(seen, data):
    model, seen_crops = seen
    people = data.splits["train"].persons
    assert len(seen_crops[0]) == people
    assert len(seen_crops[1]) == min(300, 14 * people)
    first = next(
        iter(input_pipeline.evaluation_batches(data, "train", batch_size=8))
    )
    joints = model.stages[0](first["image"], first["box"])
    spec = model.stages[1].spec
    side = spec.sigma * torso.predicted_diameter(
        joints, first["box"], spec.skeleton.torsos
    )
    around = crops.boxes_around(joints, side[:, None])
    want = crops.cut(first["image"], around, spec.image_size)
    # The first crop of stage 2 lies around stage 1's first joint.
    np.testing.assert_allclose(seen_crops[1][0], want[0, 0], atol=1e-3)


@pytest.mark.parametrize("box", [None, "60,70,90,110.5", "60,70,0,90"])
def test_the_runner_answers_as_the_server(
    versions, exported_model, people, box
):
    photo = people / "images" / "im00001.jpg"
    done = subprocess.run(
        [
            sys.executable,
            litert_runner.__file__,
            versions["float32"],
            photo,
            *([box] if box else []),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    with Image.open(photo) as image:
        pixels = np.asarray(image)
    asked = [float(word) for word in (box or "0,0,0,0").split(",")]
    answer = exported_model.signatures["image_tensor"](
        image=pixels[None], box=np.array([asked], np.float32)
    )
    found = np.array(list(json.loads(done.stdout).values()))
    np.testing.assert_allclose(found, answer["joints"][0], atol=0.5)


def some_boxes():
    rng = np.random.default_rng(0)
    fixed = [[30, 40, 1e-2, 5], [1e4, 50, 30, 30], [20, 20, 5e3, 3e3]]
    low, high = [-100, -100, 3, 3], [500, 500, 1500, 1500]
    return np.array([*fixed, *rng.uniform(low, high, (40, 4))], np.float32)


@pytest.mark.parametrize("sides", [(97, 130), (400, 301), (1, 5)])
def test_the_runner_sees_what_servers_see(sides):
    """Windows and crops of any box, on all levels."""
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (*sides, 3), np.uint8)
    for box in some_boxes():
        found = litert_runner.window(picture, box, crops.FILL)
        want = windows.window(tf.constant(picture), tf.constant(box))
        for ours, wanted in zip(found, want, strict=True):
            # Halves may be rounded either way.
            np.testing.assert_allclose(ours, np.float32(wanted), atol=1)
        found = litert_runner.cut(picture, box, 24, crops.FILL)
        want = crops.cut(picture[None], box[None, None], 24)[0, 0]
        np.testing.assert_allclose(found, want, atol=0.1)


@pytest.mark.parametrize("columns", [0, 2])
def test_the_runner_scores_as_servers_do(versions, data, columns):
    rng = np.random.default_rng(0)
    fitted = confidence.Confidence(rng.normal(size=14), 0.7, 9, "val", 1.3)
    runner = litert_runner.Cascade(versions["float32"])
    runner.card["scores"] = fitted.describe(runner.names)
    joints = rng.uniform(0, 90, (2, 14, 2)).astype(np.float32)
    spread = rng.uniform(0, 9, (14, columns)).astype(np.float32)
    box = np.array([50, 40, 90, 60], np.float32)
    scores, score = runner._scores(joints, spread, box)
    people = joints[None], spread[None], box[None]
    torsos = data.skeleton.torsos
    want = fitted.scores(*people, torsos)[0]
    np.testing.assert_allclose(scores, want, rtol=1e-4)
    want = fitted.person_scores(*people)[0]
    np.testing.assert_allclose(score, want, rtol=1e-4)


def test_a_photo_larger_than_the_bound_is_shrunk_alike(
    versions, exported_model
):
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (24, 20, 3)).astype(np.uint8)
    pixels = np.asarray(Image.fromarray(small).resize((1000, 1200)))
    box = [480.0, 610.0, 900.0, 1100.0]
    found = litert_runner.Cascade(versions["float32"])(pixels, box)
    answer = exported_model.signatures["image_tensor"](
        image=pixels[None], box=np.array([box], np.float32)
    )
    np.testing.assert_allclose(found, answer["joints"][0], atol=1.0)


def test_export_writes_litert_on_request(run_dir, records_dir, tmp_path):
    arguments = (
        f"--run_dir={run_dir}",
        f"--data_dir={records_dir}",
        f"--export_dir={tmp_path / 'litert'}",
    )
    done = run(
        "deeppose_tf.export",
        *arguments,
        "--format=litert",
        "--dtype=float16",
    )
    assert done.returncode == 0, done.stderr
    card = json.loads((tmp_path / "litert" / "1" / "deeppose.json").read_text())
    assert card["dtype"] == "float16"
    for stage in card["stages"]:
        file = stage["networks"]["all"]["file"]
        assert (tmp_path / "litert" / "1" / file).exists()
    done = run("deeppose_tf.export", *arguments, "--dtype=int8")
    assert refused(done, "--dtype=int8", "--format=litert")


@pytest.mark.parametrize("name", ["stage1_all.tflite", "deeppose.json"])
def test_a_damaged_file_is_named_by_both_runners(
    versions, seen, tmp_path, name
):
    version = shutil.copytree(versions["float32"], tmp_path / "1")
    content = bytearray((version / name).read_bytes())
    content[len(content) // 2] ^= 1
    (version / name).write_bytes(content)
    with pytest.raises(errors.InputError, match=f"{name}: damaged"):
        litert_runtime.load(version)
    done = subprocess.run(
        [sys.executable, litert_runner.__file__, version, "x.jpg"],
        capture_output=True,
        text=True,
    )
    assert refused(done, f"{version / name}: damaged", "copy the export again")
    if name.endswith("json"):
        return
    # Of an earlier version, whose digests are not there.
    (version / "digests.json").unlink()
    (version / name).write_bytes(content[:100])
    with pytest.raises(errors.InputError, match=f"{name}: damaged"):
        litert_runtime.load(version)


def test_networks_that_no_stage_has_are_refused(versions, tmp_path):
    version = shutil.copytree(versions["float32"], tmp_path / "1")
    card = json.loads((version / "deeppose.json").read_text())
    networks = card["stages"][0]["networks"]
    networks["left_ear"] = networks.pop("all")
    (version / "deeppose.json").write_text(json.dumps(card))
    (version / "digests.json").unlink()
    digests.note_all(version)
    with pytest.raises(errors.InputError, match="other networks"):
        litert_runtime.load(version)


def test_an_export_without_scores_is_told_what_to_do(versions, tmp_path):
    version = shutil.copytree(versions["float32"], tmp_path / "1")
    card = json.loads((version / "deeppose.json").read_text())
    del card["scores"]
    (version / "deeppose.json").write_text(json.dumps(card))
    (version / "digests.json").unlink()
    with pytest.raises(errors.InputError, match="deeppose_tf.export"):
        saved_models.load(str(version))


@pytest.mark.slow(15)
def test_predict_and_evaluate_take_it_as_they_take_exports(
    versions, exported, tmp_path
):
    """The same poses and scores of a picture's people, boxed and whole."""
    image = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    box = np.array([[60, 40, 50, 70], [0, 0, 0, 0]], np.float32)
    ours, wanted = (
        predictor.of_picture(saved_models.load(str(path)), image, box)
        for path in (versions["float32"], exported)
    )
    np.testing.assert_allclose(ours.joints, wanted.joints, atol=0.05)
    np.testing.assert_allclose(ours.scores, wanted.scores, atol=1e-3)
    np.testing.assert_allclose(ours.mean_score, wanted.mean_score, atol=1e-3)
    photo = tmp_path / "photo.png"
    Image.fromarray(image).save(photo)
    done = run(
        "deeppose_tf.predict",
        *(f"--model={versions['int8'].parent}", "--people=whole", photo),
        f"--output_dir={tmp_path / 'out'}",
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "photo.pose.json").exists()


def test_a_training_does_not_start_from_it(versions, run_dir):
    spec = stage_specs.load_spec(run_dir)
    with pytest.raises(errors.InputError, match="an export for LiteRT"):
        warm_starts.load(None, spec, "all", versions["int8"])
