"""FLIC: annotations -> persons."""

import dataclasses

import numpy as np
import pytest
import scipy.io

from data_prep.building import encoding
from data_prep.building import person_box
from data_prep.sources import flic
from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from tests.data_prep import layouts


def test_flic_counts_from_one_and_keeps_the_torso(flic_dir):
    people = flic.read(str(flic_dir)).people
    assert [p.official for p in people] == ["test", "train", "test", "train"]
    first = people[0]
    # Pixel 21, 31 of MATLAB: the right hip.
    hip = skeletons.FLIC.index("right_hip")
    np.testing.assert_allclose(first.joints[hip], [20.5, 30.5])
    assert first.labeled.sum() == 8  # Eyes and nose are NaN.
    person = layouts.made(first)
    np.testing.assert_allclose(person.box, [20.5, 35.5, 20.0, 30.0])


def test_a_frame_of_another_size_is_left_out(flic_dir):
    layouts.picture(flic_dir / "images" / "film-1.jpg", (80, 61))
    person = flic.read(str(flic_dir)).people[1]
    assert "another size" in layouts.made(person)


def test_a_torso_of_no_size_does_not_count_for_the_scale(flic_dir):
    people = flic.read(str(flic_dir)).people
    want = person_box.enclosing_scale(people, square=True)
    flat = np.array([20.0, 20.0, 0.0, 0.0], np.float32)
    more = [*people, dataclasses.replace(people[0], box=flat)]
    assert person_box.enclosing_scale(more, square=True) == want
    assert layouts.made(more[-1]) == "box of no size"


def test_flic_full_trains_on_its_plus_index(flic_dir, tmp_path):
    plus = tmp_path / "plus.mat"
    scipy.io.savemat(plus, {"tr_plus_indices": [[4]]})
    found = flic.read(str(flic_dir), str(plus))
    # Persons count from 1; those tested on stay.
    assert [p.person_id[-1] for p in found.people] == ["1", "3", "4"]
    assert sum(found.skipped.values()) == 1


def test_whom_the_plus_index_names_is_trained_on(flic_dir, tmp_path):
    """FLIC-full's people are neither train nor test for the most part."""
    people = [layouts.flic_person(i, i == 0) for i in range(4)]
    people[2]["istest"] = people[3]["istest"] = 0
    layouts.write_flic(flic_dir, people)
    plus = tmp_path / "plus.mat"
    scipy.io.savemat(plus, {"tr_plus_indices": [[2.0, 3.0]]})
    found = flic.read(str(flic_dir), str(plus))
    splits = {p.person_id[-1]: p.official for p in found.people}
    assert splits == {"2": "test", "3": "train"}
    assert found.skipped == {"not among --train_indices": 2}


@pytest.mark.parametrize(
    "numbers", [np.zeros((0, 1)), [[5]], [[0, 1]], [[1.5]], "text", [[np.nan]]]
)
def test_an_index_of_others_is_refused(flic_dir, tmp_path, numbers):
    plus = tmp_path / "plus.mat"
    scipy.io.savemat(plus, {"tr_plus_indices": numbers})
    with pytest.raises(errors.InputError, match="plus.mat.*numbers 1 to 4"):
        flic.read(str(flic_dir), str(plus))


@pytest.mark.parametrize("size", [np.array([]), np.full(3, np.nan)])
def test_a_person_of_no_image_size_is_left_out(flic_dir, size):
    layouts.write_flic(
        flic_dir,
        [
            layouts.flic_person(0, 0),
            {**layouts.flic_person(1, 1), "imgdims": size},
        ],
    )
    found = flic.read(str(flic_dir))
    assert len(found.people) == 1
    assert found.skipped == {"no image size": 1}


def test_the_fitted_scale_holds_every_joint(flic_dir):
    people = flic.read(str(flic_dir)).people
    scale = person_box.enclosing_scale(people, square=True)
    rule = person_box.Rule("annotated", scale, square=True)
    reach = [
        np.abs(person.joints).max()
        for person in encoding.to_persons(people, rule, None)
    ]
    assert max(reach) <= 0.5
    assert max(reach) > 0.49


def test_real_flic_annotations(real_data):
    if not (real_data / "flic" / "examples.mat").exists():
        pytest.skip("flic/examples.mat: missing")
    people = flic.read(str(real_data / "flic")).people
    assert len(people) == 5003
    assert sum(p.official == "train" for p in people) == 3987
    assert all(p.labeled.all() for p in people)
    # scipy: coords[:, 0] of the first is (327.87756, 213.3125).
    np.testing.assert_allclose(
        people[0].joints[0], [327.37756, 212.8125], atol=1e-4
    )
    # Facing the camera mostly, the left shoulder is to the right.
    left = np.mean([p.joints[0, 0] > p.joints[3, 0] for p in people])
    assert left > 0.8
