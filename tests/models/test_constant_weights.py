import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.geometry import skeletons
from deeppose_tf.models import cascade
from deeppose_tf.models import constant_weights
from deeppose_tf.models import half_precision
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.models import trained_stages

SPEC = stage_specs.StageSpec(
    stage=1,
    skeleton=skeletons.LSP,
    network="tiny",
    head="integral",
    image_size=32,
)
# Numbers of its kernel, and of its bias.
SIZE = 3 * 3 * 64 * 128, 128


def model():
    """A cascade with a kernel of more values than one constant holds."""
    keras.utils.set_random_seed(1)
    crop = keras.Input((8, 8, 64))
    maps = keras.layers.Conv2D(128, 3, bias_initializer="normal")(crop)
    network = keras.Model(crop, maps)
    network.set_weights(half_precision.rounded(network.get_weights()))
    return cascade.Cascade([trained_stages.Stage(SPEC, {"all": network})])


def network_of(some):
    return some.stages[0].networks["all"]


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_constants_give_what_variables_gave(dtype):
    rng = np.random.default_rng(0)
    crop = rng.normal(size=(2, 8, 8, 64)).astype(np.float32)
    network = network_of(model())
    want = network(crop).numpy()
    frozen = network_of(constant_weights.frozen(model(), dtype))
    # They are those of then.
    network.set_weights([np.zeros_like(w) for w in network.get_weights()])
    np.testing.assert_allclose(frozen(crop), want, atol=1e-4)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_kernels_are_constants_for_their_convolutions(dtype):
    """Which TensorFlow's optimizer has to make of those of float16."""
    tf1 = tf.compat.v1
    frozen = network_of(constant_weights.frozen(model(), dtype))
    with tf1.Graph().as_default(), tf1.Session() as session:
        crop = tf1.placeholder(tf.float32, [None, 8, 8, 64])
        # It leaves graphs of fewer than four nodes as they are.
        maps = tf.abs(frozen(tf.abs(crop)))
        done = tf1.RunMetadata()
        session.run(
            maps,
            {crop: np.zeros((1, 8, 8, 64))},
            options=tf1.RunOptions(output_partition_graphs=True),
            run_metadata=done,
        )
    nodes = {n.name: n for g in done.partition_graphs for n in g.node}
    (convolution,) = (n for n in nodes.values() if "Conv2D" in n.op)
    kernel = nodes[convolution.input[1]]
    assert kernel.op == "Const"
    assert tf.make_ndarray(kernel.attr["value"].tensor).size == SIZE[0]


def test_the_size_that_fits_is_that_on_disk(monkeypatch):
    for dtype, size in (("float32", 4), ("float16", 2)):
        total = size * SIZE[0] + 4 * SIZE[1]
        monkeypatch.setattr(constant_weights, "LARGEST", total)
        assert constant_weights.fit(model(), dtype)
        monkeypatch.setattr(constant_weights, "LARGEST", total - 1)
        assert not constant_weights.fit(model(), dtype)


def test_frozen_networks_are_not_trained():
    frozen = network_of(constant_weights.frozen(model(), "float32"))
    with pytest.raises(ValueError, match="frozen networks are not trained"):
        frozen(np.zeros((1, 8, 8, 64)), training=True)


def test_a_network_of_every_head_is_frozen_within_a_graph():
    for head in stage_specs.HEADS:
        spec = dataclasses.replace(SPEC, head=head)
        network = stages.build(spec, "all")
        stage = trained_stages.Stage(spec, {"all": network})
        some = cascade.Cascade([stage])
        frozen = network_of(constant_weights.frozen(some, "float32"))
        crop = tf.random.stateless_uniform([2, 32, 32, 3], [1, 2], maxval=255.0)
        want = network(crop)
        found = tf.function(lambda x, net=frozen: net(x))(crop)
        np.testing.assert_allclose(found, want, atol=1e-4)
