"""MPII: annotations -> persons."""

import json

import numpy as np
import pytest
import scipy.io

from data_prep.building import person_box
from data_prep.sources import mpii
from deeppose_tf import errors
from deeppose_tf.geometry import boxes
from tests.data_prep import layouts


def test_mpii_lists_count_from_one(tmp_path):
    people = mpii.read(str(layouts.mpii_list(tmp_path / "m"))).people
    assert [p.person_id for p in people] == ["mpii/a.jpg#1", "mpii/a.jpg#2"]
    assert not people[0].labeled[0]
    np.testing.assert_allclose(people[0].joints[1], [0.5, 2.5])
    # 200 x scale wide; the center 15 x scale further down.
    np.testing.assert_allclose(people[0].box, [40.5, 22.0, 20.0, 20.0])
    assert people[0].official is None


def test_a_list_says_who_is_tested_on(tmp_path):
    folder = layouts.mpii_list(tmp_path / "m")
    names = tmp_path / "val.txt"
    names.write_text("a.jpg\n")
    for test_list, split in ((names, "test"), (folder / "list.json", "test")):
        people = mpii.read(str(folder), str(test_list)).people
        assert {p.official for p in people} == {split}
    names.write_text("b.jpg\n")
    with pytest.raises(errors.InputError, match="names no picture"):
        mpii.read(str(folder), str(names))


def test_names_of_a_list_that_match_nothing_are_told(tmp_path, caplog):
    folder = layouts.mpii_list(tmp_path / "m")
    names = tmp_path / "val.txt"
    names.write_text("a.jpg\n\nb.jpg\nc.jpg\n")
    mpii.read(str(folder), str(names))
    assert "of 3 names 2 match no image" in caplog.text
    assert "b.jpg, c.jpg" in caplog.text


def test_a_test_list_that_is_no_text_is_named(tmp_path):
    folder = layouts.mpii_list(tmp_path / "m")
    path = tmp_path / "list.bin"
    path.write_bytes(b"\xff\xd8\xff\xe0\x81")
    with pytest.raises(errors.InputError, match="--test_list=.*list.bin: not"):
        mpii.read(str(folder), str(path))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"joints": list(range(32))}, "joints are not MPII's 16 x 2 numbers"),
        ({"joints_vis": [[1]] * 16}, "joints_vis are not 16 numbers"),
        ({"joints_vis": [2] * 16}, "joints_vis are not 0 or 1"),
        ({"center": 7.0}, "center is not two numbers"),
        ({"scale": "tall"}, "scale is no number"),
        ({"scale": 10**400}, "scale is no number"),
        ({"image": 5}, "no image name"),
        ({"image": "../../a.jpg"}, "image outside the source folder"),
        ({"joints": None}, "no labeled joint"),
    ],
)
def test_a_person_of_another_form_is_left_out(
    tmp_path, caplog, changes, reason
):
    folder = layouts.mpii_list(tmp_path / "m")
    path = folder / "list.json"
    people = json.loads(path.read_text())
    path.write_text(json.dumps([people[0], people[1] | changes]))
    found = mpii.read(str(folder))
    assert len(found.people) == 1
    [(counted, number)] = found.skipped.items()
    assert number == 1
    assert counted.startswith(reason)
    named = f"list.json, person 2: left out: {reason}"
    assert named in caplog.text or reason == "no labeled joint"


def test_numbers_of_a_list_may_be_strings(tmp_path):
    folder = layouts.mpii_list(tmp_path / "m")
    path = folder / "list.json"
    people = json.loads(path.read_text())
    path.write_text(json.dumps([people[0] | {"center": ["41.0", "21.0"]}]))
    [person] = mpii.read(str(folder)).people
    np.testing.assert_allclose(person.box, [40.5, 22.0, 20.0, 20.0])


def test_an_mpii_list_cut_short_is_named(tmp_path):
    folder = layouts.mpii_list(tmp_path / "m")
    path = folder / "list.json"
    path.write_text(path.read_text()[:-40])
    with pytest.raises(
        errors.InputError, match="list.json: is cut short; copy"
    ):
        mpii.read(str(folder))


def test_people_of_several_mpii_lists_count_once(tmp_path):
    folder = layouts.mpii_list(tmp_path / "m")
    people = json.loads((folder / "list.json").read_text())
    (folder / "again.json").write_text(json.dumps(people))
    tested = {"image": "t.jpg", "center": [1.0, 1.0], "scale": 1.0}
    (folder / "test.json").write_text(json.dumps([tested]))
    found = mpii.read(str(folder))
    assert len(found.people) == 2
    assert found.skipped == {"listed before": 2, "no labeled joint": 1}


def test_mpii_s_mat_file_with_all_its_quirks(tmp_path):
    scipy.io.savemat(tmp_path / mpii.MAT, {"RELEASE": layouts.release()})
    found = mpii.read(str(tmp_path))
    assert [p.image_id for p in found.people] == [
        "mpii/many.jpg",
        "mpii/many.jpg",
        "mpii/one.jpg",
    ]
    assert found.skipped == {
        "no labeled joint": 1,
        "no scale or position": 1,
        "test image: joints are secret": 1,
    }
    whole, single = found.people[:2]
    assert np.flatnonzero(whole.labeled).tolist() == [0, 1, 9]
    assert np.flatnonzero(whole.visible).tolist() == [0, 9]
    assert np.flatnonzero(single.labeled).tolist() == [0]
    np.testing.assert_allclose(whole.joints[0], [10.5, 20.5])
    np.testing.assert_allclose(whole.box, [30.5, 43.5, 40.0, 40.0])
    assert whole.head_size == pytest.approx(0.6 * 5.0)


def test_mpii_s_odd_people_are_left_out_and_counted(tmp_path):
    made = layouts.release()
    [many] = made["annolist"][:1]
    whole = many["annorect"][0]
    place = {"x": 31.0, "y": 41.0}
    point = whole["annopoints"]["point"][0]
    empty = np.array([])

    def points(**changes):
        one, *others = whole["annopoints"]["point"]
        return {"annopoints": {"point": [one | changes, *others]}}

    many["annorect"] = [
        whole,
        whole | {"objpos": place | {"y": empty}},
        whole | {"objpos": [place, place]},
        whole | points(id=-1),
        whole | points(id=16),
        whole | points(id=empty),
        whole | points(x=empty),
    ]
    made["annolist"] = [many]
    made["img_train"] = 1
    scipy.io.savemat(tmp_path / mpii.MAT, {"RELEASE": made})
    found = mpii.read(str(tmp_path))
    assert found.skipped == {
        "no scale or position": 1,
        "several positions": 1,
        "a joint of no known id": 3,
    }
    labeled = [np.flatnonzero(p.labeled).tolist() for p in found.people]
    assert point["id"] == 0
    assert labeled == [[0, 1, 9], [1, 9]]


def test_real_mpii_people(real_data):
    if not (real_data / "mpii" / "test_mpii.json").exists():
        pytest.skip("mpii/test_mpii.json: missing")
    people = mpii.read(str(real_data / "mpii")).people
    assert len(people) == 5
    rule = person_box.Rule("annotated", 1.25, square=True)
    for person in people:
        record = layouts.made(person, rule)
        pixels = boxes.denormalize(record.joints, record.box)
        np.testing.assert_allclose(
            pixels[record.labeled], person.joints[person.labeled], atol=0.01
        )
        assert np.abs(record.joints[record.labeled]).max() < 0.6
