import itertools

import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf import augment
from deeppose_tf import dataset
from deeppose_tf import displacements
from deeppose_tf import input_pipeline
from deeppose_tf import refinement_pipeline
from deeppose_tf import skeletons

LSP = skeletons.LSP
PLAIN = augment.Augmentation()
NO_DISPLACEMENT = displacements.Displacements(
    np.ones(14), np.zeros((14, 2)), np.zeros((14, 2, 2)), {}
)


def person():
    """A black picture with one white pixel, where the left wrist is."""
    image = np.zeros((200, 200, 3), np.uint8)
    joints = np.zeros((14, 2), np.float32)
    joints[:] = np.arange(14)[:, None] * [8.0, 3.0] + 40
    wrist = LSP.index("left_wrist")
    joints[wrist] = [100.5, 60.5]
    image[60, 100] = 255
    joints[LSP.index("left_shoulder")] = [100.0, 100.0]
    joints[LSP.index("right_hip")] = [130.0, 140.0]  # Torso diameter 50.
    return {
        "image": tf.constant(image),
        "box": tf.constant([100.0, 100.0, 200.0, 200.0]),
        "joints": tf.constant(joints),
        "labeled": tf.ones(14, tf.bool),
        "person_id": tf.constant("p"),
    }


def off_by(displacement):
    def starts(person, seed):
        return person["joints"] + displacement, tf.constant(50.0)

    return starts


def examples(starts, seed=(0, 0), **how):
    how = (
        dict(
            outputs=tuple(range(14)),
            sigma=1.0,
            image_size=50,
            num_crops=6,
            targets="own",
            how=PLAIN,
            skeleton=LSP,
            source=person(),
        )
        | how
    )
    source = how.pop("source")
    found = refinement_pipeline.refinement_examples(
        source, starts, tf.constant(seed), **how
    )
    return [part.numpy() for part in found]


def test_target_is_the_way_back_in_units_of_the_box():
    # Started 10 px right and 5 px above the truth, in a box of 50 px.
    crops, joints, labeled = examples(off_by([10.0, -5.0]))
    assert crops.shape == (6, 50, 50, 3)
    assert labeled.sum(axis=1).tolist() == [1] * 6
    np.testing.assert_allclose(
        joints[labeled], np.tile([-0.2, 0.1], (6, 1)), atol=1e-5
    )


def test_marked_pixel_lies_at_the_target_flipped_or_not():
    wrists = (LSP.index("left_wrist"), LSP.index("right_wrist"))
    source = person()
    only_left = np.zeros(14, bool)
    only_left[[wrists[0], *LSP.torsos[0]]] = True
    source["labeled"] = tf.constant(only_left)
    crops, joints, labeled = examples(
        off_by([7.0, -4.0]),
        outputs=wrists,
        how=augment.Augmentation(flip=True),
        num_crops=12,
        source=source,
    )
    # Unflipped it is a left wrist, flipped a right one; never an unlabeled.
    assert set(labeled.argmax(axis=1)) == {0, 1}
    for crop, joint, mask in zip(crops, joints, labeled, strict=True):
        x, y = (joint[mask][0] + 0.5) * 50
        # The pixel is 1/50 of the crop: 255 spreads over at most 2 x 2.
        found = crop[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2, 0]
        assert found.sum() == pytest.approx(255, abs=1)
        assert crop[..., 0].sum() == pytest.approx(255, abs=1)


def test_all_targets_are_the_labeled_joints_inside_the_crop():
    source = person()
    elbow = LSP.index("left_elbow")
    source["labeled"] = tf.constant(np.arange(14) != elbow)
    _, joints, labeled = examples(
        off_by([0.0, 0.0]), targets="all", source=source, num_crops=12
    )
    truth = source["joints"].numpy()
    assert (labeled.sum(axis=1) > 1).any()
    assert not labeled[:, elbow].any()
    for found, mask in zip(joints, labeled, strict=True):
        inside = (np.abs(found) < 0.5).all(axis=1)
        np.testing.assert_array_equal(mask, inside & (np.arange(14) != elbow))
        # All in one box of 50 px: differences are those of the truth.
        np.testing.assert_allclose(
            (found[3] - found[0]) * 50, truth[3] - truth[0], atol=1e-3
        )


def test_rotation_turns_start_and_target_together():
    for i in range(3):
        crops, joints, labeled = examples(
            off_by([7.0, -4.0]),
            seed=(1, i),
            outputs=(LSP.index("left_wrist"),),
            how=augment.Augmentation(any_rotation=1.0),
        )
        distance = np.linalg.norm(joints[labeled], axis=-1)
        np.testing.assert_allclose(distance, np.hypot(7, 4) / 50, atol=1e-4)
        for crop, joint in zip(crops, joints[:, 0], strict=True):
            y, x = np.unravel_index(crop[..., 0].argmax(), (50, 50))
            np.testing.assert_allclose(
                [x + 0.5, y + 0.5], (joint + 0.5) * 50, atol=1.1
            )


def test_a_person_without_torso_teaches_nothing():
    source = person()
    source["labeled"] = tf.constant(np.arange(14) == 11)
    starts = refinement_pipeline.gaussian_starts(NO_DISPLACEMENT, LSP)
    crops, _, labeled = examples(starts, source=source)
    assert not labeled.any()
    assert np.isfinite(crops).all()


def test_gaussian_starts_displace_in_diameters():
    mean = np.tile([0.2, -0.1], (14, 1))
    statistics = displacements.Displacements(
        np.ones(14), mean, np.zeros((14, 2, 2)), {}
    )
    source = person()
    start, diameter = refinement_pipeline.gaussian_starts(statistics, LSP)(
        source, tf.constant([0, 0])
    )
    assert diameter == 50.0
    np.testing.assert_allclose(
        start - source["joints"], np.tile([10.0, -5.0], (14, 1)), atol=0.05
    )


def test_predicted_starts_are_read_by_person_id():
    joints = np.zeros((2, 14, 2), np.float32)
    joints[1, :, 0] = 0.25
    joints[1, LSP.index("right_hip")] = [0.25, 0.3]
    starts = refinement_pipeline.predicted_starts(["q", "p"], joints, LSP)
    start, diameter = starts(person(), tf.constant([0, 0]))
    np.testing.assert_allclose(start[0], [150.0, 100.0])
    np.testing.assert_allclose(diameter, 60.0)


def test_batches_merge_persons_and_crops_and_resume(records_dir):
    tf.random.set_seed(1)
    data = dataset.load(str(records_dir))
    starts = refinement_pipeline.gaussian_starts(NO_DISPLACEMENT, LSP)

    def batches(start, count):
        found = refinement_pipeline.refinement_batches(
            data,
            starts,
            outputs=tuple(range(14)),
            sigma=1.0,
            image_size=32,
            batch_size=8,
            crops_per_person=2,
            how=augment.Augmentation(flip=True, shift=0.1),
            seed=0,
            start_step=start,
        )
        return list(itertools.islice(found, count))

    unbroken = batches(0, 6)
    assert unbroken[0][0].shape == (8, 32, 32, 3)
    assert unbroken[0][1].shape == (8, 14, 2)
    for want, found in zip(unbroken[4:], batches(4, 2), strict=True):
        for a, b in zip(want, found, strict=True):
            np.testing.assert_array_equal(a, b)


def test_decoded_joints_are_in_the_windows_pixels(records_dir):
    data = dataset.load(str(records_dir))
    found = next(iter(input_pipeline.persons(data, "train")))
    height, width = found["image"].shape[:2]
    inside = found["joints"].numpy()[found["labeled"].numpy()]
    assert (inside >= -1).all()
    assert (inside <= [width + 1, height + 1]).all()
