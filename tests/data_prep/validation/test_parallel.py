import dataclasses

import pytest

from data_prep.building import record_files
from data_prep.validation import card
from data_prep.validation import card_text
from data_prep.validation import parallel
from deeppose_tf.geometry import skeletons
from tests.data_prep import made_records


def people_with_faults():
    people = [made_records.person(i) for i in range(20)]
    people[4] = dataclasses.replace(people[4], image=b"none")
    people[9] = dataclasses.replace(people[9], person_id="p2")
    people[15] = dataclasses.replace(people[15], area=-1.0)
    return {"train": people[:12], "test": [*people[12:], people[3]]}


@pytest.mark.slow(20)
def test_two_processes_make_the_card_of_one(tmp_path, monkeypatch):
    monkeypatch.setattr(parallel, "_CHUNK", 3)
    folder = str(made_records.write(tmp_path / "d", people_with_faults()))
    one, two = card.examine(folder, jobs=1), card.examine(folder, jobs=2)
    assert card_text.text(two) == card_text.text(one)
    assert two.samples == one.samples
    assert two.errors == one.errors
    # The files hold the even ones first.
    assert one.errors["picture cannot be decoded"] == ["p4"]
    assert one.errors["person id occurs twice"] == ["p2", "p3"]
    assert one.errors["same picture in train and test"] == ["p3"]


@pytest.mark.parametrize("chunk", [1, 4, 64])
def test_records_before_the_damage_are_checked(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(parallel, "_CHUNK", chunk)
    path = tmp_path / "records"
    written = made_records.write(
        tmp_path / "d", {"train": [made_records.person(i) for i in range(12)]}
    )
    first = min(written.glob("*.tfrecord"))
    places = list(record_files.places(first))
    assert len(places) == 6
    content = bytearray(first.read_bytes())
    content[places[4] - 9] ^= 1  # In the fourth record.
    path.write_bytes(content)
    found = []
    with (
        parallel.checker(skeletons.LSP, persons=12) as checker,
        pytest.raises(record_files.Damaged),
    ):
        for place, record in checker.records(path):
            found.append((place, record.person_id))
    assert found == list(zip(places[:3], ["p0", "p2", "p4"], strict=True))
