import io
import json
import os
import pickle

import pytest

from deeppose_tf import errors
from deeppose_tf.storage import json_items
from deeppose_tf.storage import json_text

CONTENT = {
    "info": {"year": 2017, "text": 'a "quoted" [list]\\'},
    "people": [{"id": 1, "x": [1.5, -2e3, None]}, 123456, "Jürgen ☺", []],
    "none": [],
    "last": "é",
}


def read(path, *lists):
    return list(json_items.read(path, lists, "want people"))


@pytest.mark.parametrize("block", [4, 7, 1 << 18])
@pytest.mark.parametrize("start", ["", "\ufeff", "\n "])
@pytest.mark.parametrize("form", [{}, {"indent": 2, "ensure_ascii": False}])
def test_values_and_their_places_whatever_is_read_at_once(
    tmp_path, monkeypatch, block, start, form
):
    monkeypatch.setattr(json_text, "_BLOCK", block)
    path = tmp_path / "a.json"
    path.write_text(start + json.dumps(CONTENT, **form) + " ", "utf-8")
    found = read(path, "people", "none")
    assert [(item.field, item.value) for item in found] == [
        ("info", CONTENT["info"]),
        *(("people", value) for value in CONTENT["people"]),
        ("last", "é"),
    ]
    pieces = pickle.loads(pickle.dumps(json_items.Pieces(path)))
    for item in found:
        assert pieces.load(item.start, item.size) == item.value


@pytest.mark.parametrize("block", range(4, 41))
def test_a_number_goes_on_behind_what_was_read(tmp_path, monkeypatch, block):
    monkeypatch.setattr(json_text, "_BLOCK", block)
    path = tmp_path / "a.json"
    numbers = ["1.5", "1.5e-3", "2E+4", "0", "-7e2", "12"]
    path.write_text(f'{{"people": [{", ".join(numbers)}], "last": 1.5e-3}}')
    found = read(path, "people")
    numbers.append("1.5e-3")
    assert [item.value for item in found] == [*map(float, numbers)]
    assert [item.size for item in found] == [*map(len, numbers)]


@pytest.mark.parametrize("block", range(4, 41))
def test_a_number_may_be_all_of_a_text(monkeypatch, block):
    monkeypatch.setattr(json_text, "_BLOCK", block)
    for number in ("1.5", "1.5e-3", "12"):
        for start in range(40):
            content = io.BytesIO(b" " * start + number.encode())
            found = json_text.Text(content).value()
            assert found == (float(number), start, len(number))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"people": [1, 2', "is cut short"),
        ('{"people": [1 2]}', "no JSON: Expecting ',' delimiter in line 1"),
        ('{"people": [1,]}', "no JSON"),
        ('{"people": [1]} 2', "copy it again"),
        ('{"people": 3}', "people is 3, want a list; want people"),
        ('{"persons": []}', "lacks people; want people"),
        ("[1]", "is no object; want people"),
        ('{[1]: 2, "people": []}', "property name enclosed in double quotes"),
        ('{"people": [], 1: 2}', "property name enclosed in double quotes"),
        ('{"people": [], "people": []}', "has two fields 'people'"),
        ('{"people": [' + "[" * 99999, "too deeply nested"),
        ('{"people": [' + "9" * 9999 + "]}", "thousands of digits"),
        (b'{"people": ["\xff"]}', "line 1 holds a byte that is no UTF-8"),
        (b'{"\xff": 1, "people": []}', "line 1 holds a byte that is no UTF-8"),
        ("", "is cut short"),
    ],
)
def test_a_broken_file_is_one_line_that_names_it(tmp_path, text, message):
    path = tmp_path / "a.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(errors.InputError, match=f"a.json: .*{message}"):
        read(path, "people")


def test_no_file_and_no_regular_file(tmp_path):
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(errors.InputError, match="; want people"):
            read(path, "people")


def test_a_file_that_changed_meanwhile_is_named(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"people": [{"id": 1}]}')
    os.utime(path, ns=(1, 1))
    pieces = json_items.Pieces(path)
    [item] = read(path, "people")

    def changed():
        return pytest.raises(errors.InputError, match="a.json: was changed or")

    # Another person at the same place, and the same as long as before.
    for text in ('{"people": [{"id": 2}]}  ', '{"people": [{"id": 2}]}'):
        path.write_text(text)
        for each in (pieces, pickle.loads(pickle.dumps(pieces))):
            with changed():
                each.load(item.start, item.size)
    os.utime(path, ns=(1, 1))
    assert pieces.load(item.start, item.size) == {"id": 2}
    path.write_text('{"people": [{"id": 3}]}')  # While it is open.
    with changed():
        pieces.load(item.start, item.size)
    path.unlink()
    with changed():
        json_items.Pieces(path).load(item.start, item.size)


MIB = 1 << 20


@pytest.mark.parametrize("block", [1 << 18, 3 * MIB])
def test_a_large_value_is_refused_but_not_a_large_file(
    tmp_path, monkeypatch, block
):
    monkeypatch.setattr(json_text, "_BLOCK", block)
    monkeypatch.setattr(json_text, "TOO_LARGE", MIB)
    path = tmp_path / "a.json"
    largest = "x" * (MIB - 3)  # With its quotes, and a byte behind it.
    path.write_text(json.dumps({"people": [largest] * 3, "info": 1}))
    assert [item.size for item in read(path, "people")] == [MIB - 1] * 3 + [1]
    for content in (
        {"people": [1, largest + "x"]},
        {"people": [], "info": largest + "x"},
    ):
        path.write_text(json.dumps(content))
        with pytest.raises(
            errors.InputError,
            match="a.json: wants a value of less than 1 MiB at byte .*; want p",
        ):
            read(path, "people")


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("", "is cut short; copy it again"),
        (", [1", "is cut short or no JSON at byte 10485.*; copy it again"),
        ("1]}", "no JSON: wants , at byte 10485.*"),
        ("]} 1", "no JSON: wants its end at byte 10485.*"),
        ("], 1: 2}", 'no JSON: wants " at byte 10485.*'),
        ("]}", "lacks others"),
        ('], "others": 3}', r"no JSON: wants \[ at byte 10485.*"),
    ],
)
def test_a_large_broken_file_is_not_read_whole(
    tmp_path, monkeypatch, end, message
):
    monkeypatch.setattr(json_text, "TOO_LARGE", MIB)
    monkeypatch.setattr(json_items.json_files, "load", None)
    path = tmp_path / "a.json"
    path.write_text(
        '{"people": ["' + "x" * (MIB - 30) + '", "' + "y" * 12 + '"' + end
    )
    with pytest.raises(
        errors.InputError, match=f"a.json: {message}; want people$"
    ):
        read(path, "people", "others")
