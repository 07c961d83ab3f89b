import errno
import math
import os

import pytest

from deeppose_tf import errors
from deeppose_tf.storage import files
from deeppose_tf.storage import json_files


def test_a_file_appears_complete_or_not_at_all(tmp_path):
    path = tmp_path / "card.json"
    with pytest.raises(RuntimeError):
        with files.atomic(path) as temporary:
            temporary.write_text("half")
            assert temporary.suffix == ".json"
            raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    json_files.save(path, {"a": 1})
    assert json_files.load(path, "") == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_there_survives_a_failure(tmp_path):
    path = tmp_path / "card.json"
    json_files.save(path, "old")
    with pytest.raises(RuntimeError):
        with files.atomic(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError
    assert json_files.load(path, "") == "old"


def test_a_full_disk_names_the_file(tmp_path):
    path = tmp_path / "card.json"
    with pytest.raises(
        errors.InputError, match="card.json: No space left.*free"
    ):
        with files.atomic(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(errors.InputError, match="card.json: No such file"):
        json_files.save(tmp_path / "nowhere" / "card.json", 1)


def test_other_errors_are_not_blamed_on_the_file(tmp_path):
    with pytest.raises(ConnectionResetError):
        with files.atomic(tmp_path / "card.json"):
            raise ConnectionResetError(errno.ECONNRESET, "reset")


def test_a_temporary_folder_goes_unless_it_is_renamed(tmp_path):
    with files.temporary_folder(tmp_path, "a") as dropped:
        (dropped / "half").touch()
    with files.temporary_folder(tmp_path, "a") as kept:
        kept.rename(tmp_path / "final")
    assert [path.name for path in tmp_path.iterdir()] == ["final"]


def test_only_old_leftovers_of_the_same_name_are_deleted(tmp_path):
    names = (
        *(f".a.{n * 32}.writing" for n in "12"),
        *(f".b.{'1' * 32}.writing", f".a.v2.{'1' * 32}.writing"),
        *(".a.mine.writing", ".old.writing"),
    )
    for name in names:
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / names[1] / "shard").touch()  # Still being written to.
    with files.temporary_folder(tmp_path, "a"):
        left = {path.name for path in tmp_path.iterdir()}
    assert {*names[1:]} == {name for name in left if name in names}


@pytest.mark.parametrize(
    "values, message",
    [
        ([], r"x.json: \[\] is no object; get it"),
        ({"a": 1}, "x.json: lacks b, c; get it"),
        ({"a": "1", "b": 2, "c": ""}, "x.json: a is '1', want a int; get it"),
        ({"a": True, "b": 2, "c": ""}, "x.json: a is True, want a int"),
        ({"a": 1, "b": False, "c": ""}, "x.json: b is False, want a float"),
        ({"a": 1, "b": math.nan, "c": ""}, "x.json: b is nan, want a float"),
        ({"a": 1, "b": 10**400, "c": ""}, "x.json: b is 1000*, want a float"),
    ],
)
def test_expect_names_what_is_wrong(tmp_path, values, message):
    kinds = {"a": int, "b": float, "c": str}
    with pytest.raises(errors.InputError, match=message):
        json_files.expect(tmp_path / "x.json", values, kinds, "get it")


def test_expect_takes_what_is_right(tmp_path):
    kinds = {"a": int, "b": float, "c": str}
    json_files.expect(tmp_path, {"a": 1, "b": 2, "c": "", "d": None}, kinds, "")


@pytest.mark.parametrize(
    "read",
    [
        lambda: {}["neck"],
        lambda: [][0],
        lambda: None.items(),
        lambda: int("x"),
        lambda: 1 + "1",
        lambda: float(10**400),
    ],
)
def test_what_fails_while_parsing_names_the_file(tmp_path, read):
    with pytest.raises(errors.InputError, match="x.json: wrong .*; get it"):
        with json_files.parsing(tmp_path / "x.json", "get it"):
            read()


def test_parsing_leaves_its_own_errors_alone(tmp_path):
    with pytest.raises(errors.InputError, match="^as it is$"):
        with json_files.parsing(tmp_path / "x.json", "get it"):
            raise errors.InputError("as it is")
    with pytest.raises(OSError, match="disk"):
        with json_files.parsing(tmp_path / "x.json", "get it"):
            raise OSError("disk")
