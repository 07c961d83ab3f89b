"""FLIC, COCO, MPII and CSV: annotations -> persons."""

import dataclasses
import json
import pathlib

import numpy as np
import pytest
import scipy.io
from PIL import Image

from data_prep.building import encoding
from data_prep.building import person_box
from data_prep.building import splits
from data_prep.building.options import Options
from data_prep.sources import annotations
from data_prep.sources import coco
from data_prep.sources import csv_table
from data_prep.sources import flic
from data_prep.sources import lsp
from data_prep.sources import mpii
from deeppose_tf import errors
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import skeleton_files
from deeppose_tf.geometry import skeletons
from tests import conftest

OWN_BOX = person_box.Rule("annotated", 1.0, square=False)


def made(annotation, rule=OWN_BOX):
    """The record's content, or why there is none."""
    [found] = encoding.to_persons([annotation], rule, None)
    return found


def picture(path, size=(80, 60)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (9, 50, 90)).save(path)


@pytest.mark.parametrize("first_center", [0.0, 0.5, 1.0])
def test_the_first_pixel_s_center_lies_at_a_half(first_center):
    points = np.array([[first_center] * 2, [np.nan, 3.0]])
    joints, labeled = annotations.pixels(points, np.ones(2, bool), first_center)
    np.testing.assert_array_equal(joints, [[0.5, 0.5], [0.0, 0.0]])
    np.testing.assert_array_equal(labeled, [True, False])


def flic_person(i, train):
    coords = np.full((2, 29), np.nan)
    coords[:, :7] = [[10.0 + i] * 7, range(7)]
    coords[:, 9] = [21.0, 31.0]
    return {
        "coords": coords,
        "filepath": f"film-{i}.jpg",
        "imgdims": np.array([60, 80, 3]),
        "torsobox": np.array([11.0, 21.0, 31.0, 51.0]),
        "istrain": train,
        "istest": 1 - train,
    }


@pytest.fixture
def flic_dir(tmp_path):
    folder = tmp_path / "FLIC"
    people = [flic_person(i, i % 2) for i in range(4)]
    for person in people:
        picture(folder / "images" / person["filepath"])
    scipy.io.savemat(folder / "examples.mat", {"examples": people})
    return folder


def test_flic_counts_from_one_and_keeps_the_torso(flic_dir):
    people = flic.read(str(flic_dir)).people
    assert [p.official for p in people] == ["test", "train", "test", "train"]
    first = people[0]
    # Pixel 21, 31 of MATLAB: the right hip.
    hip = skeletons.FLIC.index("right_hip")
    np.testing.assert_allclose(first.joints[hip], [20.5, 30.5])
    assert first.labeled.sum() == 8  # Eyes and nose are NaN.
    person = made(first)
    np.testing.assert_allclose(person.box, [20.5, 35.5, 20.0, 30.0])


def test_a_frame_of_another_size_is_left_out(flic_dir):
    picture(flic_dir / "images" / "film-1.jpg", (80, 61))
    person = flic.read(str(flic_dir)).people[1]
    assert "another size" in made(person)


def test_a_torso_of_no_size_does_not_count_for_the_scale(flic_dir):
    people = flic.read(str(flic_dir)).people
    want = person_box.scale_that_holds(people, square=True)
    flat = np.array([20.0, 20.0, 0.0, 0.0], np.float32)
    more = [*people, dataclasses.replace(people[0], box=flat)]
    assert person_box.scale_that_holds(more, square=True) == want
    assert made(more[-1]) == "box of no size"


def test_flic_full_trains_on_its_plus_index(flic_dir, tmp_path):
    plus = tmp_path / "plus.mat"
    scipy.io.savemat(plus, {"tr_plus_indices": [[4]]})
    found = flic.read(str(flic_dir), str(plus))
    # Persons count from 1; those tested on stay.
    assert [p.person_id[-1] for p in found.people] == ["1", "3", "4"]
    assert sum(found.skipped.values()) == 1


def write_flic(folder, people):
    scipy.io.savemat(folder / "examples.mat", {"examples": people})


def test_whom_the_plus_index_names_is_trained_on(flic_dir, tmp_path):
    """FLIC-full's people are neither train nor test for the most part."""
    people = [flic_person(i, i == 0) for i in range(4)]
    people[2]["istest"] = people[3]["istest"] = 0
    write_flic(flic_dir, people)
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
    write_flic(
        flic_dir, [flic_person(0, 0), {**flic_person(1, 1), "imgdims": size}]
    )
    found = flic.read(str(flic_dir))
    assert len(found.people) == 1
    assert found.skipped == {"no image size": 1}


def test_the_builder_fits_the_scale_to_training_people(flic_dir, tmp_path):
    people = [flic_person(i, i % 2) for i in range(4)]
    people[0]["coords"][:, 0] = 79.0  # Tested on.
    write_flic(flic_dir, people)
    output = tmp_path / "records"
    done = conftest.run(
        *("data_prep.build_flic", f"--source={flic_dir}"),
        f"--output_dir={output}",
    )
    assert done.returncode == 0, done.stderr
    card = json.loads((output / "dataset.json").read_text())
    # The torso's square of 30 pixels ends at 20.5 and 50.5, about 35.5; the
    # farthest joints of training people lie at -0.5.
    assert card["box"]["scale"] == pytest.approx(2.4, abs=0.011)
    for person in people:
        person["istrain"], person["istest"] = 0, 1
    write_flic(flic_dir, people)
    done = conftest.run(
        *("data_prep.build_flic", f"--source={flic_dir}"),
        f"--output_dir={output}",
    )
    assert conftest.refused(done, "--box_scale", "no training person")


def test_the_fitted_scale_holds_every_joint(flic_dir):
    people = flic.read(str(flic_dir)).people
    scale = person_box.scale_that_holds(people, square=True)
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


def coco_person(number, image, keypoints, **more):
    return {
        "id": number,
        "image_id": image,
        "keypoints": keypoints,
        "num_keypoints": sum(v > 0 for v in keypoints[2::3]),
        "bbox": [10.0, 20.0, 30.0, 20.0],
        "area": 321.5,
        "iscrowd": 0,
        **more,
    }


@pytest.fixture
def coco_dir(tmp_path):
    folder = tmp_path / "coco"
    (folder / "annotations").mkdir(parents=True)
    points = [5, 7, 2] + [6, 8, 1] + [0, 0, 0] * 15
    people = [
        coco_person(1, 11, points),
        coco_person(2, 11, points),
        coco_person(3, 11, [0] * 51),
        coco_person(4, 12, points, iscrowd=1),
    ]
    images = [
        {"id": 11, "file_name": "a.jpg", "width": 80, "height": 60},
        {"id": 12, "file_name": "b.jpg", "width": 80, "height": 60},
    ]
    for name in ("train2017", "val2017"):
        path = folder / "annotations" / f"person_keypoints_{name}.json"
        path.write_text(json.dumps({"images": images, "annotations": people}))
        picture(folder / name / "a.jpg")
    return folder


def test_coco_keeps_what_is_hidden_and_counts_crowds(coco_dir):
    found = coco.read(str(coco_dir))
    assert found.skipped == {"crowd": 2, "no labeled joint": 2}
    assert [p.official for p in found.people] == ["train"] * 2 + ["test"] * 2
    first, second = found.people[:2]
    assert first.image_id == second.image_id == "train2017/a.jpg"
    assert first.person_id != second.person_id
    np.testing.assert_array_equal(first.labeled[:3], [True, True, False])
    np.testing.assert_array_equal(first.visible[:3], [True, False, False])
    # Pixel (5, 7) from 0 has its center at (5.5, 7.5).
    np.testing.assert_allclose(first.joints[0], [5.5, 7.5])
    person = made(first)
    np.testing.assert_allclose(person.box, [25.0, 30.0, 30.0, 20.0])
    assert person.area == 321.5


def test_coco_without_what_tools_leave_out(coco_dir):
    path = coco_dir / "annotations" / "person_keypoints_train2017.json"
    content = json.loads(path.read_text())
    for person in content["annotations"]:
        for name in ("num_keypoints", "area", "iscrowd", "bbox"):
            del person[name]
    for image in content["images"]:
        del image["width"], image["height"]
    content["annotations"][1]["image_id"] = 99
    content["annotations"][1]["segmentation"] = [[1, 2, 3, 4]]
    path.write_text(json.dumps(content))
    found = coco.read(str(coco_dir))
    assert found.skipped == {
        "image not listed in the file": 1,
        "no labeled joint": 2,
        "crowd": 1,
    }
    first = found.people[0]
    assert (first.area, first.box, first.image_size) == (0.0, None, None)
    assert made(first) == "no annotated box"
    person = made(first, person_box.Rule("joints", 1.25, square=True))
    np.testing.assert_array_equal(person.labeled[:3], [True, True, False])


def test_coco_s_picture_of_another_size_is_left_out(coco_dir):
    picture(coco_dir / "train2017" / "a.jpg", (80, 61))
    first = coco.read(str(coco_dir)).people[0]
    assert made(first) == "image of another size than annotated"


def test_coco_cut_short_is_named(coco_dir):
    path = coco_dir / "annotations" / "person_keypoints_val2017.json"
    path.write_text(path.read_text()[:-40])
    with pytest.raises(errors.InputError, match="val2017.json: not COCO"):
        coco.read(str(coco_dir))
    with pytest.raises(errors.InputError, match="no annotations/person"):
        coco.read(str(coco_dir / "train2017"))


def test_real_coco_annotations(real_data):
    if not (real_data / "coco_mini").is_dir():
        pytest.skip("coco_mini: missing")
    found = coco.read(str(real_data / "coco_mini"))
    assert len(found.people) == 154
    rule = person_box.Rule("annotated", 1.25, square=True)
    persons = encoding.to_persons(found.people, rule, None)
    joints = np.concatenate([p.joints[p.labeled] for p in persons])
    assert np.mean(np.abs(joints).max(axis=1) <= 0.5) > 0.97


def mpii_list(folder):
    joints = [[float(i), 2.0 * i + 1.0] for i in range(16)]
    person = {
        "image": "a.jpg",
        "joints": joints,
        "joints_vis": [0] + [1] * 15,
        "center": [41.0, 21.0],
        "scale": 0.1,
    }
    folder.mkdir(exist_ok=True)
    other = {**person, "center": [43.0, 21.0]}
    (folder / "list.json").write_text(json.dumps([person, other]))
    picture(folder / "images" / "a.jpg")
    return folder


def test_mpii_lists_count_from_one(tmp_path):
    people = mpii.read(str(mpii_list(tmp_path / "m"))).people
    assert [p.person_id for p in people] == ["mpii/a.jpg#1", "mpii/a.jpg#2"]
    assert not people[0].labeled[0]
    np.testing.assert_allclose(people[0].joints[1], [0.5, 2.5])
    # 200 x scale wide; the center 15 x scale further down.
    np.testing.assert_allclose(people[0].box, [40.5, 22.0, 20.0, 20.0])
    assert people[0].official is None


def test_a_list_says_who_is_tested_on(tmp_path):
    folder = mpii_list(tmp_path / "m")
    names = tmp_path / "val.txt"
    names.write_text("a.jpg\n")
    for test_list, split in ((names, "test"), (folder / "list.json", "test")):
        people = mpii.read(str(folder), str(test_list)).people
        assert {p.official for p in people} == {split}
    names.write_text("b.jpg\n")
    with pytest.raises(errors.InputError, match="names no picture"):
        mpii.read(str(folder), str(names))


def test_names_of_a_list_that_match_nothing_are_told(tmp_path, caplog):
    folder = mpii_list(tmp_path / "m")
    names = tmp_path / "val.txt"
    names.write_text("a.jpg\n\nb.jpg\nc.jpg\n")
    mpii.read(str(folder), str(names))
    assert "of 3 names 2 match no image" in caplog.text
    assert "b.jpg, c.jpg" in caplog.text


def test_a_test_list_that_is_no_text_is_named(tmp_path):
    folder = mpii_list(tmp_path / "m")
    path = tmp_path / "list.bin"
    path.write_bytes(b"\xff\xd8\xff\xe0\x81")
    with pytest.raises(errors.InputError, match="--test_list=.*list.bin: not"):
        mpii.read(str(folder), str(path))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"joints": list(range(32))}, r"joints of shape \(32,\), want"),
        ({"joints_vis": [[1]] * 16}, r"joints_vis of shape \(16, 1\)"),
        ({"center": 7.0}, "center of shape"),
        ({"scale": "tall"}, "tall"),
        ({"image": 5}, "TypeError"),
    ],
)
def test_a_list_of_another_form_names_the_person(tmp_path, changes, words):
    folder = mpii_list(tmp_path / "m")
    path = folder / "list.json"
    people = json.loads(path.read_text())
    path.write_text(json.dumps([people[0], people[1] | changes]))
    with pytest.raises(
        errors.InputError, match=f"list.json, person 2: .*{words}"
    ):
        mpii.read(str(folder))


def test_numbers_of_a_list_may_be_strings(tmp_path):
    folder = mpii_list(tmp_path / "m")
    path = folder / "list.json"
    people = json.loads(path.read_text())
    path.write_text(json.dumps([people[0] | {"center": ["41.0", "21.0"]}]))
    [person] = mpii.read(str(folder)).people
    np.testing.assert_allclose(person.box, [40.5, 22.0, 20.0, 20.0])


def test_an_mpii_list_cut_short_is_named(tmp_path):
    folder = mpii_list(tmp_path / "m")
    path = folder / "list.json"
    path.write_text(path.read_text()[:-40])
    with pytest.raises(errors.InputError, match="list.json: not a list"):
        mpii.read(str(folder))


def test_people_of_several_mpii_lists_count_once(tmp_path):
    folder = mpii_list(tmp_path / "m")
    people = json.loads((folder / "list.json").read_text())
    (folder / "again.json").write_text(json.dumps(people))
    tested = {"image": "t.jpg", "center": [1.0, 1.0], "scale": 1.0}
    (folder / "test.json").write_text(json.dumps([tested]))
    found = mpii.read(str(folder))
    assert len(found.people) == 2
    assert found.skipped == {"listed before": 2, "no labeled joint": 1}


def release():
    """MPII's struct with its quirks: one or many, empty, missing."""
    point = {"x": 11.0, "y": 21.0, "id": 0, "is_visible": 1}
    hidden = {**point, "id": 1, "is_visible": 0}
    # The head's points have no visibility.
    head = {**point, "id": 9, "is_visible": np.array([])}
    place = {"scale": 0.2, "objpos": {"x": 31.0, "y": 41.0}}
    box = {"x1": 10.0, "y1": 10.0, "x2": 13.0, "y2": 14.0}
    whole = {**box, "annopoints": {"point": [point, hidden, head]}, **place}
    single = {**box, "annopoints": {"point": point}, **place}
    nobody = {**box, "annopoints": np.array([]), **place}
    nowhere = {**whole, "scale": np.array([]), "objpos": np.array([])}

    def image(name, people):
        return {"image": {"name": name}, "annorect": people}

    annolist = [
        image("many.jpg", [whole, nobody, single]),
        image("one.jpg", whole),
        image("none.jpg", np.array([])),
        image("nowhere.jpg", nowhere),
        image("test.jpg", {"scale": 1.0, "objpos": {"x": 1.0, "y": 1.0}}),
    ]
    return {"annolist": annolist, "img_train": np.array([1, 1, 1, 1, 0])}


def test_mpii_s_mat_file_with_all_its_quirks(tmp_path):
    scipy.io.savemat(tmp_path / mpii.MAT, {"RELEASE": release()})
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
    made = release()
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


@pytest.mark.parametrize("builder", ["flic", "mpii", "lsp"])
def test_half_a_mat_file_is_named(tmp_path, flic_dir, builder):
    whole = flic_dir / "examples.mat"
    read, path, content = {
        "flic": (flic.read, whole, None),
        "mpii": (
            mpii.read,
            tmp_path / mpii.MAT,
            {"RELEASE": release()},
        ),
        "lsp": (
            lsp.read,
            tmp_path / "joints.mat",
            {"joints": np.ones((14, 3, 9))},
        ),
    }[builder]
    for compressed in (False, True):
        if content:
            scipy.io.savemat(path, content, do_compression=compressed)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(errors.InputError, match=f"{path.name}: not"):
            read(str(path.parent))


def test_a_fraction_of_images_is_tested_on_without_a_list(tmp_path):
    folder = tmp_path / "m"
    [person] = json.loads((mpii_list(folder) / "list.json").read_text())[:1]
    people = [person | {"image": f"{i}.jpg"} for i in range(60)]
    (folder / "list.json").write_text(json.dumps(people))
    for one in people:
        picture(folder / "images" / one["image"])
    done = conftest.run(
        *("data_prep.build_mpii", f"--source={folder}"),
        f"--output_dir={tmp_path / 'records'}",
    )
    assert done.returncode == 0, done.stderr
    card = json.loads((tmp_path / "records" / "dataset.json").read_text())
    assert 1 <= card["splits"]["test"]["images"] <= 15


@pytest.mark.parametrize(
    ("builder", "more", "words"),
    [
        ("flic", [], "FLIC has an official split"),
        ("coco", [], "val folders"),
        ("mpii", ["--test_list=val.txt"], "--test_list says who"),
    ],
)
def test_a_fraction_to_no_effect_is_refused(tmp_path, builder, more, words):
    done = conftest.run(
        *(f"data_prep.build_{builder}", f"--source={tmp_path}", *more),
        *(f"--output_dir={tmp_path / 'records'}", "--test_fraction=0.2"),
    )
    assert conftest.refused(done, "--test_fraction=0.2", words, "leave it out")


def test_people_of_one_image_never_fall_on_both_sides(tmp_path):
    folder = mpii_list(tmp_path / "m")
    people = mpii.read(str(folder)).people
    options = Options("o", OWN_BOX, 1, 0.5, 0.5, None, {})
    assert len({splits.of_person(p, options) for p in people}) == 1


def test_real_mpii_people(real_data):
    if not (real_data / "mpii" / "test_mpii.json").exists():
        pytest.skip("mpii/test_mpii.json: missing")
    people = mpii.read(str(real_data / "mpii")).people
    assert len(people) == 5
    rule = person_box.Rule("annotated", 1.25, square=True)
    for person in people:
        record = made(person, rule)
        pixels = boxes.denormalize(record.joints, record.box)
        np.testing.assert_allclose(
            pixels[record.labeled], person.joints[person.labeled], atol=0.01
        )
        assert np.abs(record.joints[record.labeled]).max() < 0.6


def write_csv(tmp_path, text):
    path = tmp_path / "people.csv"
    path.write_text(text)
    picture(tmp_path / "a.jpg")
    return str(path)


def two_joints():
    return skeletons.Skeleton("two", ("a", "b"), (0, 1), (), ("a", "b"))


HEAD = "image,a_x,a_y,b_x,b_y,b_visible,box_x,box_y,box_w,box_h,split\n"


def test_a_csv_file_of_one_s_own(tmp_path):
    path = write_csv(
        tmp_path,
        HEAD + "a.jpg,4,6,10,20,0,1,2,20,30,test\n" + "a.jpg,4,6,,,,,,,,\n",
    )
    one, other = csv_table.read(path, two_joints(), 0.0).people
    marked = pathlib.Path(path).with_name("marked.csv")
    marked.write_bytes(b"\xef\xbb\xbf" + pathlib.Path(path).read_bytes())
    assert len(csv_table.read(str(marked), two_joints(), 0.0).people) == 2
    np.testing.assert_allclose(one.joints, [[4.5, 6.5], [10.5, 20.5]])
    np.testing.assert_array_equal(one.visible, [True, False])
    np.testing.assert_allclose(one.box, [11.5, 17.5, 20.0, 30.0])
    assert (one.official, other.official) == ("test", "test")
    np.testing.assert_array_equal(other.labeled, [True, False])
    assert other.box is None
    assert made(other) == "no annotated box"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("image,a_x,a_y,b_x\n", "lacks the column.* b_y"),
        ("image,a_x,a_y,b_x,b_ypsilon\n", "unknown column.* 'b_ypsilon'"),
        (HEAD.replace(",", ";"), "has the unknown column.*'image;a_x;.*commas"),
        ("image,a_x,a_y,b_x,b_y,a_x\n", "names a column twice"),
        (
            HEAD + "a.jpg,4,6,1,20,0,,,,,train\n"
            "b.jpg,4,6,1,20,0,,,,,test\n./a.jpg,4,6,1,20,0,,,,,test\n",
            "people.csv, line 4: split of a.jpg is 'test', but 'train' in line",
        ),
        (HEAD + "a.jpg,4,6,ten,20,0,,,,,\n", "line 2: b_x is 'ten'"),
        (HEAD + "a.jpg,4,6,1,20,0,,,,,dev\n", "line 2: split is 'dev'"),
        (HEAD + "a.jpg,4,6,1,20,0,,,\n", "line 2: has another number of"),
        (HEAD + "a.jpg,4,6,1,20,0,,,,,dev,9\n", "line 2: has another number"),
        ("\0\xff", "people.csv"),
    ],
)
def test_a_wrong_csv_file_names_line_and_column(tmp_path, text, words):
    with pytest.raises(errors.InputError, match=words):
        csv_table.read(write_csv(tmp_path, text), two_joints(), 0.0)


def test_an_image_has_one_id_however_it_is_written(tmp_path):
    names = ("a.jpg", "./a.jpg", "b/../a.jpg", " a.jpg", tmp_path / "a.jpg")
    rows = "".join(f"{name},4,6,1,20,0,,,,,\n" for name in names)
    path = write_csv(tmp_path, HEAD + rows)
    people = csv_table.read(path, two_joints(), 0.0).people
    assert {person.image_id for person in people} == {"a.jpg"}
    assert len({person.person_id for person in people}) == len(names)
    assert all(person.image_path.exists() for person in people)


def test_columns_that_are_not_used_are_told(tmp_path, caplog):
    path = write_csv(tmp_path, "image,a_x,a_y,b_x,b_y,b_visble\n")
    csv_table.read(path, two_joints(), 0.0)
    assert "does without the unknown column(s) 'b_visble'" in caplog.text


def test_the_example_of_the_readme_is_read(tmp_path):
    blocks = (conftest.ROOT / "README.md").read_text().split("```\n")
    [table] = [block for block in blocks if block.startswith("image,wrist_x")]
    [hand] = [block for block in blocks if block.startswith('{"name": "hand"')]
    (tmp_path / "hand.json").write_text(hand)
    (tmp_path / "people.csv").write_text(table)
    skeleton = skeleton_files.load(str(tmp_path / "hand.json"))
    path = str(tmp_path / "people.csv")
    one, other = csv_table.read(path, skeleton, 0.0).people
    assert one.labeled.all()
    assert other.labeled.tolist() == [True, False, True]
    assert (one.official, other.official) == ("train", "test")
