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
