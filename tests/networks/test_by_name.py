import keras
import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.networks import by_name


def spec(**changes):
    values = dict(
        stage=1,
        skeleton=skeletons.LSP,
        network="compact",
        head="integral",
        image_size=64,
    )
    return stage_specs.StageSpec(**{**values, **changes})


def test_alexnet_is_the_papers():
    model = stages.build(
        spec(network="alexnet", head="fc", image_size=220), "all"
    )
    # 34,944 + 614,656 + 885,120 + 1,327,488 + 884,992 for C,
    # 37,752,832 + 16,781,312 + 114,716 for F.
    assert model.count_params() == 58_396_060
    sizes = [
        layer.output.shape[1:]
        for layer in model.layers
        if isinstance(layer, keras.layers.Conv2D)
    ]
    assert sizes == [
        (55, 55, 96),
        (27, 27, 256),
        (13, 13, 384),
        (13, 13, 384),
        (13, 13, 256),
    ]


@pytest.mark.parametrize("network", sorted(by_name.NETWORKS))
def test_features_get_coarser_to_stride_32(network):
    trunk = by_name.build(network, 128)
    assert trunk.input.shape[1:] == (128, 128, 3)
    sides = [features.shape[1] for features in trunk.outputs]
    assert sides == sorted(sides, reverse=True)
    if network.startswith("movenet"):
        assert sides == [32, 16, 8, 4]
    elif network != "alexnet":
        assert sides == [16, 8, 4][: len(sides)]
        assert len(sides) == (2 if network == "tiny" else 3)


def test_the_network_for_smoke_tests_is_as_small_as_it_says():
    # 8 x 8 x 3 x 8 and 3 x 3 x 8 x 8 kernels, 4 numbers a channel.
    assert by_name.build("tiny", 32).count_params() == 1536 + 576 + 64


@pytest.mark.parametrize("head", ["fc", "integral", "peak", "context"])
@pytest.mark.parametrize("network", ["alexnet", "compact"])
def test_every_head_gives_one_point_an_output(network, head):
    model = stages.build(spec(network=network, head=head), "all")
    crops = np.zeros((2, 64, 64, 3), np.float32)
    found = model(crops, training=False)
    assert found.shape == (2, 14, 2)
    assert found.dtype == tf.float32


def test_saved_weights_give_the_same_joints(tmp_path):
    model = stages.build(spec(), "all")
    path = tmp_path / "best.weights.h5"
    model.save_weights(path)
    again = stages.build(spec(), "all", str(path))
    crops = tf.random.stateless_uniform([2, 64, 64, 3], [0, 1], 0, 255)
    np.testing.assert_array_equal(
        model(crops, training=False), again(crops, training=False)
    )


def test_weights_of_another_network_are_refused(tmp_path):
    path = tmp_path / "best.weights.h5"
    stages.build(spec(), "all").save_weights(path)
    with pytest.raises(errors.InputError, match="best.weights.h5: not weights"):
        stages.build(spec(head="fc"), "all", str(path))
    with pytest.raises(errors.InputError, match="missing.h5: not weights"):
        stages.build(spec(), "all", str(tmp_path / "missing.h5"))


def test_imagenet_weights_are_refused_where_there_are_none():
    with pytest.raises(errors.InputError, match="no imagenet weights"):
        stages.build(spec(), "all", "imagenet")


@pytest.mark.parametrize("head", stage_specs.HEADS)
def test_a_model_that_is_only_called_does_not_train(head):
    model = stages.build(spec(head=head, image_size=32), "all")
    crops = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3))
    before = model.get_weights()
    found = model(crops)
    np.testing.assert_array_equal(found, model(crops, training=False))
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)
