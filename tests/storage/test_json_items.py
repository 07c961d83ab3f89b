import json
import pickle

import pytest

from deeppose_tf import errors
from deeppose_tf.storage import json_items

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
    monkeypatch.setattr(json_items, "_BLOCK", block)
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
    [item] = read(path, "people")
    path.write_text('{"people": []}')
    with pytest.raises(errors.InputError, match="a.json: was changed or"):
        json_items.Pieces(path).load(item.start, item.size)
