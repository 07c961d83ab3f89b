import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.examples import augment
from deeppose_tf.examples import input_pipeline
from deeppose_tf.examples import occlusions
from deeppose_tf.geometry import skeletons
from tests.tiny import made_person

SEEDS = [tf.constant([3, i]) for i in range(200)]
LEGS = [
    i
    for i, name in enumerate(skeletons.LSP.joints)
    if name.endswith(("hip", "knee", "ankle"))
]


def test_the_wanted_share_of_crops_loses_one_rectangle_of_one_color():
    crops = tf.fill([400, 40, 40, 3], 300.0)
    found = occlusions.erase(crops, SEEDS[0], 0.25).numpy()
    changed = (found != 300.0).all(-1)
    hit = changed.any((1, 2))
    assert 70 <= hit.sum() <= 130
    for crop, mask in zip(found[hit], changed[hit], strict=True):
        rows, columns = mask.any(1), mask.any(0)
        np.testing.assert_array_equal(mask, rows[:, None] & columns)
        # At most 45% of 40 cells, and a cell for rounding.
        assert rows.sum() <= 19 and columns.sum() <= 19
        assert len(np.unique(crop[mask], axis=0)) == 1
        assert 0 <= crop[mask].min() and crop[mask].max() <= 255


def test_erasing_repeats_and_serves_a_single_crop():
    crop = tf.fill([16, 16, 3], 300.0)
    found = [occlusions.erase(crop, seed, 0.5) for seed in SEEDS[:20]]
    again = [
        tf.function(occlusions.erase)(crop, seed, 0.5) for seed in SEEDS[:20]
    ]
    np.testing.assert_array_equal(found, again)
    hit = (np.stack(found) != 300.0).any((1, 2, 3))
    assert 0 < hit.sum() < 20


def standing():
    """Legs in y 100 to 180, the rest in y 20 to 90, all within x 80 to 120."""
    person = made_person()
    joints = np.zeros((14, 2), np.float32)
    rest = [i for i in range(14) if i not in LEGS]
    for own, low, high in ((LEGS, 100, 180), (rest, 20, 90)):
        joints[own, 0] = np.linspace(80, 120, len(own))
        joints[own, 1] = np.linspace(low, high, len(own))
    return person | {"joints": tf.constant(joints)}


def test_both_halves_occur_each_in_its_own_box():
    """The person is 160 px tall in a box of 200: 1.25 times as large."""
    want = {
        (100.0, 140.0, 100.0, 100.0): set(LEGS),
        (100.0, 55.0, 87.5, 87.5): set(range(14)) - set(LEGS),
        (100.0, 100.0, 200.0, 200.0): set(range(14)),
    }
    counts = dict.fromkeys(want, 0)
    for seed in SEEDS:
        box, labeled = occlusions.half_body(
            standing(), seed, 0.5, skeletons.LSP
        )
        box = tuple(np.round(box.numpy(), 3).tolist())
        counts[box] += 1
        assert want[box] <= set(np.flatnonzero(labeled).tolist())
        joints = standing()["joints"].numpy()[labeled.numpy()]
        near = np.abs(joints - box[:2]) <= np.float32(box[2]) / 2
        assert near.all()
    assert all(30 <= count <= 130 for count in counts.values())


@pytest.mark.parametrize("labeled", [[], LEGS[:3]])
def test_people_with_few_labels_stay_whole(labeled):
    mask = np.isin(np.arange(14), labeled)
    person = standing() | {"labeled": tf.constant(mask)}
    for seed in SEEDS[:20]:
        box, found = occlusions.half_body(person, seed, 1.0, skeletons.LSP)
        np.testing.assert_array_equal(box, person["box"])
        np.testing.assert_array_equal(found, mask)


def test_half_bodies_and_erasures_reach_the_examples():
    plain = augment.NONE
    person, skeleton = standing(), skeletons.LSP
    crop, _, labeled = input_pipeline.pose_example(
        person, SEEDS[0], 64, plain, skeleton
    )
    augmentation = augment.Augmentation(flip=False, half_body=1.0)
    half = input_pipeline.pose_example(
        person, SEEDS[0], 64, augmentation, skeleton
    )
    assert half[2].numpy().sum() < labeled.numpy().sum() == 14
    inside = half[1].numpy()[half[2].numpy()]
    assert np.abs(inside).max() <= 0.5
    augmentation = augment.Augmentation(flip=False, erase=1.0)
    erased = input_pipeline.pose_example(
        person, SEEDS[0], 64, augmentation, skeleton
    )
    np.testing.assert_array_equal(erased[2], labeled)
    assert not np.allclose(erased[0], crop)
