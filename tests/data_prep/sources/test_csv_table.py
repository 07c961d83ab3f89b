"""Tables of one's own: CSV -> persons."""

import pathlib

import numpy as np
import pytest

from data_prep.sources import csv_table
from deeppose_tf import errors
from deeppose_tf.geometry import skeleton_files
from deeppose_tf.geometry import skeletons
from tests import launcher
from tests.data_prep import layouts


def write_csv(tmp_path, text):
    path = tmp_path / "people.csv"
    path.write_text(text)
    layouts.picture(tmp_path / "a.jpg")
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
    assert layouts.made(other) == "no annotated box"


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
    assert "ignores the unknown column(s) 'b_visble'" in caplog.text


def test_the_example_of_the_documentation_is_read(tmp_path):
    blocks = (launcher.ROOT / "docs" / "data.md").read_text().split("```\n")
    [table] = [block for block in blocks if block.startswith("image,wrist_x")]
    hands = [block for block in blocks if block.startswith('{"name": "hand"')]
    for name, hand in zip(("hand", "whole"), hands, strict=True):
        (tmp_path / f"{name}.json").write_text(hand)
    whole = skeleton_files.load(str(tmp_path / "whole.json"))
    assert len(whole.joints) == 21
    (tmp_path / "people.csv").write_text(table)
    skeleton = skeleton_files.load(str(tmp_path / "hand.json"))
    path = str(tmp_path / "people.csv")
    one, other = csv_table.read(path, skeleton, 0.0).people
    assert one.labeled.all()
    assert other.labeled.tolist() == [True, False, True]
    assert (one.official, other.official) == ("train", "test")
