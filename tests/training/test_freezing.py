import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.losses import joint_losses
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.training import freezing
from deeppose_tf.training import optimizers
from deeppose_tf.training import train_step
from deeppose_tf.training import training_options


@pytest.fixture
def network():
    spec = stage_specs.StageSpec(
        stage=1,
        skeleton=skeletons.LSP,
        network="efficientnet_lite0",
        head="integral",
        image_size=64,
    )
    return stages.build_with_trunk(spec, "all")


def test_layers_up_to_a_name_stay_as_they_are(network):
    model, trunk = network
    freezing.freeze(trunk, "blocks_2_bn2")
    names = [layer.name for layer in trunk.layers]
    frozen = set(names[: names.index("blocks_2_bn2") + 1])
    assert "blocks_3_expand_conv" not in frozen
    before = {layer.name: layer.get_weights() for layer in model.layers}
    optimizer = optimizers.build(
        training_options.OptimizerOptions(optimizer="sgd"), 1
    )
    optimizer.build(model.trainable_variables)
    update = train_step.make(
        model,
        optimizer,
        joint_losses.L1(),
        training_options.Schedule(steps=1, batch_size=4, eval_every=1),
        tf.distribute.get_strategy(),
    )
    rng = np.random.default_rng(0)
    crop = rng.uniform(0, 255, (4, 64, 64, 3)).astype(np.float32)
    update((tf.constant(crop), tf.zeros([4, 14, 2]), tf.ones([4, 14], tf.bool)))
    for layer in model.layers:
        moved = [
            not np.array_equal(*pair)
            for pair in zip(
                before[layer.name], layer.get_weights(), strict=True
            )
        ]
        # Statistics of batch normalization too.
        if layer.name in frozen:
            assert not any(moved)
        else:
            assert all(moved)


def test_nothing_is_frozen_unasked_and_a_name_must_be_known(network):
    _, trunk = network
    freezing.freeze(trunk, None)
    assert all(layer.trainable for layer in trunk.layers)
    with pytest.raises(errors.InputError, match="--freeze_until=blocks_99"):
        freezing.freeze(trunk, "blocks_99")
