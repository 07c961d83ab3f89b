import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.geometry import skeletons
from deeppose_tf.models import cascade
from deeppose_tf.models import flip_test
from deeppose_tf.models import heads
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.serving import export_saved_model
from deeppose_tf.serving import export_sources
from deeppose_tf.serving import saved_models

LSP = skeletons.LSP


def network_of(head):
    """An untrained network, and its stage."""
    keras.utils.set_random_seed(1)
    spread = head in stage_specs.PEAK_HEADS
    spec = stage_specs.StageSpec(
        stage=1,
        skeleton=LSP,
        network="compact",
        head=head,
        image_size=32,
        spread=spread,
    )
    return stages.build(spec, "all"), spec


def crops():
    return np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3))


@pytest.mark.parametrize("head", ["fc", "integral"])
def test_the_mirror_image_s_joints_come_back_and_count_half(head):
    network, spec = network_of(head)
    seen = crops()
    one, other = network(seen).numpy(), network(seen[:, :, ::-1]).numpy()
    left, right = LSP.index("left_wrist"), LSP.index("right_wrist")
    found = flip_test.averaged_network(network, spec)(seen).numpy()
    np.testing.assert_allclose(
        found[:, left],
        (one[:, left] + [-1, 1] * other[:, right]) / 2,
        atol=1e-5,
    )
    neck = LSP.index("neck")
    np.testing.assert_allclose(
        found[:, neck], (one[:, neck] + [-1, 1] * other[:, neck]) / 2, atol=1e-5
    )


@pytest.mark.parametrize("head", stage_specs.PEAK_HEADS)
def test_of_peaks_it_is_maps_that_are_averaged(head):
    network, spec = network_of(head)
    seen = crops()
    last = network.get_layer(heads.JOINTS)
    maps = keras.Model(network.input, last.input)
    other = maps(seen[:, :, ::-1]).numpy()[:, :, ::-1]
    mean = (maps(seen) + other[..., list(LSP.mirror)]) / 2
    found = flip_test.averaged_network(network, spec)(seen)
    np.testing.assert_allclose(found, last(mean), atol=1e-4)


# Not `peak`: fresh maps are flat at both sides, where the first one wins.
@pytest.mark.parametrize("head", ["fc", "integral"])
def test_looking_twice_is_symmetric(head):
    network, spec = network_of(head)
    seen = crops()
    swap = list(LSP.mirror)

    def gap(look):
        there = look(seen).numpy()[..., :2]
        back = look(seen[:, :, ::-1]).numpy()[:, swap, :2] * [-1.0, 1.0]
        return np.abs(there - back).max()

    assert gap(flip_test.averaged_network(network, spec)) < 1e-4
    assert gap(network) > 1e-3


@pytest.mark.slow(11)
def test_an_export_may_look_twice(tmp_path, run_dir, data):
    source = export_sources.of_run(run_dir, data)
    source = dataclasses.replace(source, flip_average=True)
    export_saved_model.export(source, tmp_path / "twice")
    exported = saved_models.load(str(tmp_path / "twice"))
    assert exported.metadata["flip_average"] is True
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (1, 60, 60, 3)).astype(np.uint8)
    box = tf.constant([[30.0, 30.0, 50.0, 50.0]])
    found = exported.signatures["image_tensor"](
        image=tf.constant(image), box=box
    )
    want = flip_test.averaged_cascade(cascade.load(run_dir))(image, box)
    np.testing.assert_allclose(found["stage_joints"], want, atol=1e-2)
