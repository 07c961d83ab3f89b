import numpy as np
import tensorflow as tf

from deeppose_tf import cascade
from deeppose_tf import exports
from deeppose_tf import flip_averages
from deeppose_tf import saved_models
from deeppose_tf import skeletons

LSP = skeletons.LSP


class Bright:
    """Says where the brightest column is, of the left wrist and the neck."""

    weights = ("w",)

    def __call__(self, crop, training=False):
        x = tf.cast(tf.argmax(crop[:, 0, :, 0], axis=-1), tf.float32)
        x = (x + 0.5) / 8 - 0.5
        found = np.zeros((len(crop), 14, 4), np.float32)
        # Of the mirror image the left wrist is the right one.
        left, right = LSP.index("left_wrist"), LSP.index("right_wrist")
        found[:, left, 0], found[:, right, 0] = x, -x
        found[:, LSP.index("neck"), 0] = 0.25
        found[..., 1], found[..., 2:] = 0.125, [0.5, 0.75]
        return tf.constant(found)


def test_the_mirror_image_s_joints_come_back_and_count_half():
    crop = np.zeros((1, 8, 8, 3), np.float32)
    crop[0, :, 6] = 255.0  # At 0.3125; in the mirror image at -0.3125.
    network = flip_averages.Averaged(Bright(), LSP.mirror)
    found = network(tf.constant(crop)).numpy()[0]
    # Plain: left 0.3125, right -0.3125. Mirrored: left -0.3125, right 0.3125;
    # swapped and with the other sign: left -0.3125, right 0.3125.
    assert found[LSP.index("left_wrist"), 0] == 0.0
    assert found[LSP.index("right_wrist"), 0] == 0.0
    assert found[LSP.index("neck"), 0] == 0.0  # 0.25 and -0.25.
    np.testing.assert_array_equal(found[:, 1], np.full(14, 0.125))
    np.testing.assert_array_equal(found[:, 2:], np.tile([0.5, 0.75], (14, 1)))


def test_a_mirrored_picture_has_the_mirrored_pose(run_dir):
    """A fresh network is not symmetric; looking twice makes it so."""
    plain = cascade.load(run_dir)
    twice = flip_averages.averaged(plain)
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (1, 60, 60, 3)).astype(np.uint8)
    box = tf.constant([[30.0, 30.0, 50.0, 50.0]])

    def gap(model):
        one = model.stages[0](tf.constant(image), box).numpy()[0]
        other = model.stages[0](tf.constant(image[:, :, ::-1]), box).numpy()[0]
        back = other[list(LSP.mirror)] * [-1.0, 1.0] + [60.0, 0.0]
        return np.abs(one - back).max()

    assert gap(twice) < 1e-3 < 0.05 < gap(plain)


def test_an_export_may_look_twice(tmp_path, run_dir, data):
    exports.export(run_dir, tmp_path / "twice", data, flip_average=True)
    exported = saved_models.load(str(tmp_path / "twice"))
    assert exported.metadata["flip_average"] is True
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (1, 60, 60, 3)).astype(np.uint8)
    box = tf.constant([[30.0, 30.0, 50.0, 50.0]])
    found = exported.signatures["image_tensor"](
        image=tf.constant(image), box=box
    )
    want = flip_averages.averaged(cascade.load(run_dir))(image, box)
    np.testing.assert_allclose(found["stage_joints"], want, atol=1e-2)
