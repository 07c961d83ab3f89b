import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.geometry import crops
from deeppose_tf.geometry import skeletons
from deeppose_tf.models import cascade
from deeppose_tf.models import flip_test
from deeppose_tf.models import half_precision
from deeppose_tf.models import pooled
from deeppose_tf.models import soft_argmax
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.models import trained_stages

LSP = skeletons.LSP
MARGIN = soft_argmax.MARGIN


def spec(stage, **more):
    return stage_specs.StageSpec(
        **{
            "stage": stage,
            "skeleton": LSP,
            "network": "tiny",
            "head": "integral",
            "image_size": 64,
            "previous": f"../stage{stage - 1}" if stage > 1 else None,
            **({"refiner": "pooled", "sigma": 1.5} if stage > 1 else {}),
            **more,
        }
    )


def pictures():
    rng = np.random.default_rng(0)
    # Smooth, so that samples between pixels say where they are.
    small = rng.uniform(0, 255, (2, 8, 8, 3))
    return tf.cast(tf.image.resize(small, (64, 64), "bicubic"), tf.uint8)


def people():
    rng = np.random.default_rng(1)
    joints = rng.uniform(15, 50, (2, 14, 2)).astype(np.float32)
    box = np.array([[32, 32, 64, 64], [30, 36, 60, 50]], np.float32)
    return tf.constant(box), tf.constant(joints)


def test_a_box_is_sampled_at_the_centers_of_its_cells():
    """Of a map whose cells hold their own places."""
    y, x = np.meshgrid(np.arange(12) + 0.5, np.arange(16) + 0.5, indexing="ij")
    places = np.stack([x / 16, y / 12], -1)[None].astype(np.float32) - 0.5
    boxes = np.array([[[0.1, -0.05, 0.3, 0.4], [0.0, 0.0, 0.5, 0.2]]])
    found = pooled.pool(tf.constant(places), tf.constant(boxes, tf.float32), 5)
    assert found.shape == (1, 2, 5 + 2 * MARGIN, 5 + 2 * MARGIN, 2)
    cells = (np.arange(5) + 0.5) / 5 - 0.5
    for patch, (cx, cy, w, h) in zip(found[0].numpy(), boxes[0], strict=True):
        inside = patch[MARGIN:-MARGIN, MARGIN:-MARGIN]
        np.testing.assert_allclose(inside[0, :, 0], cx + w * cells, atol=1e-5)
        np.testing.assert_allclose(inside[:, 0, 1], cy + h * cells, atol=1e-5)


def test_maps_of_half_precision_are_pooled_too():
    """As while a stage is trained with --precision=mixed_bfloat16."""
    maps = tf.ones([1, 10, 10, 1], tf.bfloat16)
    found = pooled.pool(maps, tf.constant([[[0.0, 0.0, 0.4, 0.4]]]), 4)
    np.testing.assert_array_equal(found, np.ones((1, 1, 8, 8, 1), np.float32))


def test_beyond_the_map_there_are_zeros():
    boxes = tf.constant([[[0.5, 0.0, 0.4, 0.4]]])
    found = pooled.pool(tf.ones([1, 10, 10, 1]), boxes, 4)[0, 0, :, :, 0]
    middle = (4 + 2 * MARGIN) // 2
    np.testing.assert_allclose(found[:, :middle], 1.0)
    np.testing.assert_allclose(found[:, middle:], 0.0)


def test_boxes_are_those_of_the_other_refiners():
    """A stub network hands the picture on; its pools are the others' crops."""
    size, seen = 24, {}
    images, (_, joints) = pictures(), people()
    # Crops of people that are the pictures themselves.
    box = tf.constant([[32.0, 32.0, 64.0, 64.0]] * 2)

    def shared(crop, training):
        seen["shared"] = tf.reshape(crop, [2, 14, size, size, 3])
        return tf.zeros([28, 14, 2])

    def head(patches, training):
        seen["pooled"] = patches[:, :, MARGIN:-MARGIN, MARGIN:-MARGIN]
        return tf.zeros([2, 14, 2])

    trained_stages.Stage(
        spec(2, refiner="shared", image_size=size), {"all": shared}
    ).predict(images, box, joints)
    trained_stages.Stage(
        spec(2, cells=size),
        {"features": lambda crop, training: crop, "head": head},
    ).predict(images, box, joints)
    inside = np.abs(seen["shared"] - crops.FILL).max(-1) > 0
    near = np.abs(seen["pooled"] - seen["shared"]).max(-1)
    assert inside.mean() > 0.5
    # Crops fade at the border of a picture, maps end there.
    assert np.quantile(near[inside], 0.9) < 1e-2


def test_a_known_displacement_moves_joints_as_in_other_refiners():
    images, (box, joints) = pictures(), people()
    move = tf.constant([0.1, -0.2, 0.05, 0.3])
    wide = {"spread": True, "step_size": 0.5}
    shared = trained_stages.Stage(
        spec(2, refiner="shared", **wide),
        {"all": lambda crop, training: move + tf.zeros([28, 14, 4])},
    ).predict(images, box, joints)
    found = trained_stages.Stage(
        spec(2, **wide),
        {
            "features": lambda crop, training: crop,
            "head": lambda patches, training: move + tf.zeros([2, 14, 4]),
        },
    ).predict(images, box, joints)
    np.testing.assert_allclose(found.joints, shared.joints, atol=1e-4)
    np.testing.assert_allclose(found.spread, shared.spread, atol=1e-4)


@pytest.mark.parametrize(
    ("head", "spread"),
    [("peak", True), ("integral", True), ("integral", False), ("fc", True)],
)
def test_halves_answer_as_the_whole(head, spread):
    keras.utils.set_random_seed(1)
    stage = spec(2, head=head, spread=spread, cells=8)
    network = stages.build(stage, "all")
    crop = tf.random.stateless_uniform([2, 64, 64, 3], [0, 0], 0, 255)
    boxes = tf.random.stateless_uniform([2, 14, 4], [0, 1], 0.1, 0.4)
    want = network([crop, boxes], training=False)
    assert want.shape == (2, 14, 4 if spread else 2)
    halves = pooled.split(network)
    found = halves["head"](pooled.pool(halves["features"](crop), boxes, 8))
    np.testing.assert_allclose(found, want, atol=1e-5)


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """Three untrained stages; the last takes the features of the first."""
    keras.utils.set_random_seed(1)
    folder = tmp_path_factory.mktemp("pooled")
    specs = [
        spec(1),
        spec(2, trunk="own", image_size=96),
        spec(3, trunk="stage1", cells=8),
    ]
    for each in specs:
        path = folder / f"stage{each.stage}"
        path.mkdir()
        stage_specs.save_spec(each, path)
        network, trunk = stages.build_with_trunk(each, "all")
        if each.stage == 1:
            first = trunk
        if each.trunk == "stage1":
            trunk.set_weights(first.get_weights())
        network.save_weights(path / "best.weights.h5")
    return folder / "stage3"


def one_by_one(run_dir):
    """What stages predict that each are complete by themselves."""
    images, (box, _) = pictures(), people()
    joints, found = None, []
    for stage in trained_stages.load_all(run_dir):
        joints = stage(images, box, joints)
        found.append(joints)
    return np.stack(found, axis=1)


def test_the_features_of_stage_1_are_computed_once(run_dir):
    images, (box, _) = pictures(), people()
    joined = cascade.load(run_dir)
    np.testing.assert_allclose(
        joined(images, box), one_by_one(run_dir), atol=1e-3
    )
    by_itself = trained_stages.load_all(run_dir)[2].networks["features"]
    after = joined.stages[2].networks["features"]
    assert len(after.weights) < len(by_itself.weights)
    assert all(
        layer.name.startswith("pooled_")
        for layer in after.layers
        if layer.weights
    )


@pytest.mark.parametrize("change", ["flip", "half"])
def test_other_forms_of_the_cascade_keep_its_features(run_dir, change):
    images, (box, _) = pictures(), people()
    model = cascade.load(run_dir)
    if change == "half":
        found = half_precision.halved(model)(images, box)
        np.testing.assert_allclose(found, one_by_one(run_dir), atol=0.5)
        return
    twice = flip_test.averaged_cascade(model)
    crop = tf.random.stateless_uniform([2, 64, 64, 3], [0, 0], 0, 255)
    _, *found = twice.stages[0].networks["all"](crop)
    _, *want = model.stages[0].networks["all"](crop)
    for ours, theirs in zip(found, want, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert twice(images, box).shape == (2, 3, 14, 2)


def test_a_second_look_is_in_the_box_around_the_joints():
    boxes_seen = []

    def network(crop, training):
        return tf.constant([[[0.1, -0.2], [0.3, 0.1]] + [[0.2, 0.0]] * 12])

    class Watched(trained_stages.Stage):
        def predict(self, images, box, joints=None, features=()):
            boxes_seen.append(box.numpy()[0].tolist())
            return super().predict(images, box, joints, features)

    stage = Watched(spec(1), {"all": network})
    looks = cascade.Looks(count=2, scale=1.25, square=True)
    box = tf.constant([[30.0, 20.0, 40.0, 40.0]])
    found = cascade.Cascade([stage], looks)(
        tf.zeros([1, 64, 64, 3], tf.uint8), box
    )
    # Joints from (34, 12) to (42, 24): 8 by 12 pixels.
    assert boxes_seen[0] == [30.0, 20.0, 40.0, 40.0]
    np.testing.assert_allclose(boxes_seen[1], [38.0, 18.0, 15.0, 15.0], 1e-5)
    assert len(boxes_seen) == 2
    np.testing.assert_allclose(found[0, 0, 0], [39.5, 15.0], 1e-5)


def test_stages_that_pool_nothing_have_no_options_of_pooling():
    assert spec(2, refiner="shared").trunk is None
    assert spec(1).cells is None
    assert dataclasses.replace(spec(2), cells=8).cells == 8
