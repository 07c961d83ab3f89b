"""MAT files and tables as other programs write them."""

import numpy as np
import pytest

from data_prep.sources import annotations
from data_prep.sources import csv_table
from data_prep.sources import lsp
from data_prep.sources import mat_files
from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from tests.data_prep import layouts


def test_a_mat_file_of_version_73_is_named(tmp_path):
    head = b"MATLAB 7.3 MAT-file, made up".ljust(124) + b"\0\2IM"
    path = tmp_path / "joints.mat"
    path.write_bytes(head + bytes(384) + b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(errors.InputError, match="7.3; save it with -v7"):
        mat_files.load(path, "joints", "a folder")


def test_a_flag_of_another_range_costs_one_person(tmp_path):
    joints = layouts.extended(3)
    joints[4, 2, 1] = 2.0
    source, skipped = tmp_path / "s", annotations.Skips()
    people = lsp.read(str(layouts.write_source(source, joints)), skipped)
    assert [one.image_path.name for one in people] == [
        "im00001.jpg",
        "im00003.jpg",
    ]
    assert skipped == {"flag of a joint is not 0 or 1": 1}


HEAD = "image,a_x,a_y,a_visible,b_x,b_y\n"
TWO = skeletons.Skeleton("two", ("a", "b"), (0, 1), (), ("a", "b"))


def table(tmp_path, text, **more):
    path = tmp_path / "people.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    layouts.picture(tmp_path / "bilder" / "M\u00fcller.jpg")
    return csv_table.read(str(path), TWO, 0.0, **more)


@pytest.mark.parametrize("value", ["2", "-1", "0.5"])
def test_visible_is_0_or_1_in_a_table(tmp_path, value):
    with pytest.raises(
        errors.InputError, match=f"line 3: a_visible is {value}, .*COCO's"
    ):
        table(tmp_path, f"{HEAD}\na.jpg,1,2,{value},3,4\n")


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\n" + HEAD.replace(",", ";") + "a.jpg;1;2;;3;4\n",
        HEAD.replace(",", ", ") + "a.jpg,1,2,,3,4\n,,,,,\n\n",
        HEAD.replace("\n", "\r") + "a.jpg,1,2,,3,4\r",
        "\ufeff" + HEAD + '"a.jpg","1","2","","3","4"\n',
    ],
)
def test_tables_as_spreadsheets_write_them(tmp_path, text):
    [person] = table(tmp_path, text).people
    np.testing.assert_allclose(person.joints, [[1.5, 2.5], [3.5, 4.5]])


@pytest.mark.parametrize(
    "name", ["bilder\\M\u00fcller.jpg", "bilder/Mu\u0308ller.jpg"]
)
def test_names_of_other_systems_are_found(tmp_path, name):
    [person] = table(tmp_path, f"{HEAD}{name},1,2,,3,4\n").people
    assert person.image_path.exists()


@pytest.mark.parametrize("cell", ["", " ", "nan", "NaN", "NA", "null", "None"])
def test_cells_without_a_value_are_no_numbers(tmp_path, cell):
    text = f"{HEAD}a.jpg,1,2,{cell},{cell},{cell}\n"
    [person] = table(tmp_path, text).people
    assert person.labeled.tolist() == [True, False]


def test_lines_are_those_of_the_file(tmp_path):
    rows = "a.jpg,1,2,,3,4\n\n\na.jpg,1,1oo,,3,4\n"
    with pytest.raises(errors.InputError, match="line 5: a_y is '1oo'"):
        table(tmp_path, HEAD + rows)
    with pytest.raises(errors.InputError, match="line 2: a_x is '1_0'"):
        table(tmp_path, HEAD + "a.jpg,1_0,2,,3,4\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD.encode("utf-16"), "UTF-16; save it as UTF-8"),
        (HEAD.encode() + b"M\xfcller.jpg,1,2,,3,4\n", "line 2.*UTF-8"),
    ],
)
def test_other_encodings_name_the_way_out(tmp_path, text, words):
    with pytest.raises(errors.InputError, match=words):
        table(tmp_path, text)
