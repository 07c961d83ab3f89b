import pytest
import tensorflow as tf

from data_prep.building import record_files


def test_record_files_are_what_tensorflow_writes(tmp_path):
    records = [b"", b"one", bytes(300_000)]
    ours = record_files.RecordFile(tmp_path / "ours")
    with tf.io.TFRecordWriter(str(tmp_path / "theirs")) as theirs:
        for record in records:
            ours.write(record)
            theirs.write(record)
    ours.close()
    assert (tmp_path / "ours").read_bytes() == (
        tmp_path / "theirs"
    ).read_bytes()


def test_records_are_read_by_their_places(tmp_path):
    records = [b"", b"one", bytes(300_000)]
    path = tmp_path / "records"
    file = record_files.RecordFile(path)
    for record in records:
        file.write(record)
    file.close()
    places = list(record_files.places(path))
    assert places == [0, 16, 35]
    with path.open("rb") as file:
        assert [record_files.read(file, place) for place in places] == records


@pytest.mark.parametrize(
    ("place", "readable"), [(0, 0), (16, 1), (17, 1), (29, 1), (36, 2)]
)
def test_a_changed_byte_is_noticed(tmp_path, place, readable):
    path = tmp_path / "records"
    file = record_files.RecordFile(path)
    for record in (b"", b"one", b"two"):
        file.write(record)
    file.close()
    content = bytearray(path.read_bytes())
    content[place] ^= 64
    path.write_bytes(content)
    found = list(record_files.places(path))
    assert found[: readable + 1] == [0, 16, 35][: readable + 1]
    with path.open("rb") as file:
        for one in found[:readable]:
            record_files.read(file, one)
        with pytest.raises(record_files.Damaged):
            record_files.read(file, found[readable])


def test_a_file_cut_short_is_noticed(tmp_path):
    path = tmp_path / "records"
    file = record_files.RecordFile(path)
    file.write(b"one")
    file.close()
    whole = path.read_bytes()
    for size in range(1, len(whole)):
        path.write_bytes(whole[:size])
        with path.open("rb") as file, pytest.raises(record_files.Damaged):
            record_files.read(file, *record_files.places(path))
