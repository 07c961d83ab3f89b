import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.data import dataset
from deeppose_tf.examples import augment
from deeppose_tf.examples import crop_centers
from deeppose_tf.examples import pooled_pipeline
from deeppose_tf.geometry import skeletons
from tests.tiny import made_person

LSP = skeletons.LSP
WRISTS = LSP.index("left_wrist"), LSP.index("right_wrist")
OFF = np.array([10.0, -5.0])


def off_by(displacement):
    def locate(person, seed):
        return person["joints"] + displacement, tf.constant(50.0)

    return crop_centers.CropCenters(locate, need_torso=False)


def example(seed=0, **augmentation):
    look = pooled_pipeline.Look(
        sigma=1.0,
        image_size=200,
        augmentation=augment.Augmentation(**{"flip": False, **augmentation}),
    )
    person = made_person()
    white = np.zeros((200, 200, 3), np.uint8)
    white[58:63, 98:103] = 255  # About the left wrist.
    person["image"] = tf.constant(white)
    (crop, boxes), joints, labeled = pooled_pipeline.example(
        person, off_by(OFF), tf.constant([seed, 0]), look, LSP
    )
    return crop.numpy(), boxes.numpy(), joints.numpy(), labeled.numpy()


def test_each_joint_has_a_box_where_the_stage_before_puts_it():
    crop, boxes, joints, labeled = example()
    person = made_person()
    # The person's box is 200 pixels wide and begins at 0.
    want = (person["joints"].numpy() + OFF) / 200 - 0.5
    np.testing.assert_allclose(boxes[:, :2], want, atol=1e-5)
    np.testing.assert_allclose(boxes[:, 2:], 50 / 200)
    np.testing.assert_allclose(joints, np.tile(-OFF / 50, (14, 1)), atol=1e-4)
    assert labeled.all()
    assert crop.shape == (200, 200, 3)


@pytest.mark.parametrize(
    "augmentation",
    [
        {"flip": True},
        {"any_rotation": 1.0},
        {"shift": 0.1, "scale": 0.2},
        {"flip": True, "rotation": 30.0, "shift": 0.1, "scale": 0.2},
    ],
)
def test_the_white_square_stays_at_the_target(augmentation):
    """The left wrist is white; in a mirrored crop it is the right one."""
    found = set()
    for seed in range(6):
        crop, boxes, joints, _ = example(seed, **augmentation)
        target = boxes[:, :2] + joints * boxes[:, 2:]
        y, x = np.nonzero(crop[..., 0] > 200)
        pixel = (np.array([x.mean(), y.mean()]) + 0.5) / 200 - 0.5
        away = np.linalg.norm(target[list(WRISTS)] - pixel, axis=1)
        assert away.min() < 1.5 / 200
        found.add(int(away.argmin()))
    assert (1 in found) == augmentation.get("flip", False)


def test_jitter_moves_every_box_by_itself():
    _, boxes, joints, _ = example(shift=0.1)
    person = made_person()["joints"].numpy()
    # In the person's crop, which is shifted as a whole.
    moved = boxes[:, :2] - (person + OFF) / 200
    apart = moved - moved.mean(axis=0)
    assert (np.abs(apart).max(axis=0) > 0.01).all()
    assert np.abs(joints + OFF / 50).max() > 0.05


def test_batches_go_on_where_they_were(records_dir):
    data = dataset.load(records_dir)
    look = pooled_pipeline.Look(1.0, 32, augment.Augmentation(rotation=20))

    def batches(start):
        return iter(
            pooled_pipeline.pooled_batches(
                data,
                off_by([1.0, 2.0]),
                look,
                batch_size=3,
                seed=5,
                start_step=start,
                shuffle_buffer=4,
            )
        )

    whole = batches(0)
    for _ in range(2):
        next(whole)
    both = (tf.nest.flatten(next(it)) for it in (whole, batches(2)))
    for one, other in zip(*both, strict=True):
        np.testing.assert_array_equal(one, other)
    (crop, boxes), joints, labeled = next(whole)
    assert crop.shape == (3, 32, 32, 3)
    assert boxes.shape == (3, 14, 4)
    assert joints.shape == (3, 14, 2)
    assert labeled.shape == (3, 14)


def test_held_out_people_come_once_and_as_they_are(records_dir):
    data = dataset.load(records_dir)
    look = pooled_pipeline.Look(1.0, 32, augment.Augmentation(rotation=90))
    batches = pooled_pipeline.held_out(
        data, "val", off_by([1.0, 2.0]), look, batch_size=2, limit=None
    )
    joints, labeled = (
        np.concatenate(column)
        for column in zip(*(batch[1:] for batch in batches), strict=True)
    )
    assert len(joints) == data.split("val").persons
    want = np.tile([-1 / 50, -2 / 50], (labeled.sum(), 1))
    np.testing.assert_allclose(joints[labeled], want, atol=1e-3)
